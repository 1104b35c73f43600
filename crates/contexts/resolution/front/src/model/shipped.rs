//! Models that come with the program: what people, companies and products are usually described by.
//!
//! They name columns by the headers that files give them and leave probabilities and blocking to be learnt from the data, so
//! that they fit files of any cleanliness.

use super::{Model, ModelColumn};
use crate::standard::Kind;

/// Names of the shipped models.
pub const SHIPPED: [&str; 3] = ["person", "company", "product"];

/// A name, what it holds, headers under which it is found.
type Known = (&'static str, Kind, &'static [&'static str]);

const PERSON: [Known; 13] = [
    (
        "given_name",
        Kind::GivenName,
        &["given_name", "first_name", "firstname", "forename", "fname", "given name", "first name"],
    ),
    (
        "surname",
        Kind::Surname,
        &["surname", "last_name", "lastname", "family_name", "lname", "sname", "last name", "family name"],
    ),
    ("full_name", Kind::FullName, &["full_name", "fullname", "name", "person", "person_name", "full name"]),
    ("birth_date", Kind::Date, &["dob", "date_of_birth", "birth_date", "birthdate", "birthday", "date of birth"]),
    ("email", Kind::Email, &["email", "e_mail", "e-mail", "mail", "email_address"]),
    ("phone", Kind::Phone, &["phone", "telephone", "tel", "mobile", "cell", "phone_number"]),
    (
        "postcode",
        Kind::Postcode,
        &["postcode", "postal_code", "zip", "zipcode", "zip_code", "post_code", "postcode_fake", "plz"],
    ),
    ("address", Kind::Address, &["address", "address_1", "address1", "street", "street_address", "addr"]),
    ("city", Kind::Label, &["city", "town", "suburb", "locality", "place"]),
    ("region", Kind::Category, &["state", "region", "county", "province"]),
    ("country", Kind::Category, &["country", "country_code", "nation"]),
    ("gender", Kind::Category, &["gender", "sex"]),
    ("occupation", Kind::Label, &["occupation", "job", "job_title", "profession"]),
];

const COMPANY: [Known; 9] = [
    (
        "company_name",
        Kind::CompanyName,
        &["company", "company_name", "name", "legal_name", "organisation", "organization", "business_name"],
    ),
    (
        "registration",
        Kind::Identifier,
        &["registration", "registration_number", "company_number", "vat", "vat_number", "tax_id", "duns", "lei"],
    ),
    ("website", Kind::Label, &["website", "domain", "url", "homepage", "web"]),
    ("email", Kind::Email, &["email", "e_mail", "mail"]),
    ("phone", Kind::Phone, &["phone", "telephone", "tel", "phone_number"]),
    ("postcode", Kind::Postcode, &["postcode", "postal_code", "zip", "zipcode", "zip_code", "plz"]),
    ("address", Kind::Address, &["address", "street", "address_1", "street_address", "addr"]),
    ("city", Kind::Label, &["city", "town", "locality", "head_office"]),
    ("country", Kind::Category, &["country", "country_code"]),
];

const PRODUCT: [Known; 7] = [
    ("title", Kind::Title, &["title", "name", "product", "product_name", "item"]),
    ("description", Kind::Text, &["description", "descr", "details", "summary"]),
    ("brand", Kind::Label, &["brand", "manufacturer", "maker", "vendor", "make"]),
    ("model_number", Kind::Identifier, &["model", "modelno", "model_number", "mpn", "sku", "part_number"]),
    ("barcode", Kind::Identifier, &["ean", "gtin", "upc", "barcode", "isbn"]),
    ("category", Kind::Category, &["category", "type", "department"]),
    ("price", Kind::Number, &["price", "list_price", "cost"]),
];

/// A shipped model by its name.
#[must_use]
pub fn shipped(name: &str) -> Option<Model> {
    let known: &[Known] = match name {
        "person" => &PERSON,
        "company" => &COMPANY,
        "product" => &PRODUCT,
        _ => return None,
    };
    let column = |&(name, kind, headers): &Known| ModelColumn {
        name: name.to_owned(),
        headers: headers.iter().map(|&header| header.to_owned()).collect(),
        other_headers: Vec::new(),
        kind,
        date_order: None,
        beyond: Vec::new(),
    };
    Some(Model::untrained(name, known.iter().map(column).collect()))
}
