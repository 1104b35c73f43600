//! A file's headers against a source's columns.

use lakehouse_model::Source;

/// Which file column feeds which declared column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileFit {
    /// For each declared column: its position in the file; `None` when the file lacks it.
    pub positions: Vec<Option<usize>>,
    /// Required columns that the file lacks.
    pub missing: Vec<String>,
    /// File columns that nobody declared: position and header.
    pub extra: Vec<(usize, String)>,
}

impl FileFit {
    /// Whether the file belongs to the source at all.
    #[must_use]
    pub fn belongs(&self) -> bool {
        self.missing.is_empty()
    }
}

/// Fits a file's headers to a source. Case, spaces, `_` and `-` do not count. A file without headers fits by
/// position when it has just as many columns.
#[must_use]
pub fn fit_headers(source: &Source, headers: &[String], has_header: bool) -> FileFit {
    if !has_header && headers.len() == source.columns.len() {
        return FileFit { positions: (0..headers.len()).map(Some).collect(), missing: vec![], extra: vec![] };
    }
    let plain: Vec<String> = headers.iter().map(|header| fold(header)).collect();
    let mut taken = vec![false; headers.len()];
    let (mut positions, mut missing) = (Vec::new(), Vec::new());
    for column in &source.columns {
        let names = column.headers.iter().chain([&column.name]).map(|name| fold(name));
        let found = names.filter_map(|name| plain.iter().position(|header| *header == name)).find(|at| !taken[*at]);
        if let Some(at) = found {
            taken[at] = true;
        } else if column.required {
            missing.push(column.headers.first().unwrap_or(&column.name).clone());
        }
        positions.push(found);
    }
    let extra = (0..headers.len()).filter(|at| !taken[*at]).map(|at| (at, headers[at].clone())).collect();
    FileFit { positions, missing, extra }
}

fn fold(header: &str) -> String {
    header.chars().filter(|c| !matches!(c, ' ' | '_' | '-' | '\u{feff}')).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use lakehouse_model::{AssetName, SourceColumn};

    use super::*;

    fn source() -> Source {
        let column = |name: &str, headers: &[&str], required| SourceColumn {
            name: name.into(),
            headers: headers.iter().map(|header| (*header).to_owned()).collect(),
            required,
            description: None,
            pii: None,
        };
        Source {
            name: "sales".into(),
            description: None,
            owner: None,
            table: AssetName::parse("bronze.sales_raw").unwrap(),
            paths: vec![],
            format: lakehouse_model::SourceFormat::Auto,
            dialect: lakehouse_model::DialectSettings::default(),
            drift: lakehouse_model::DriftPolicy::Fail,
            columns: vec![
                column("invoice_no", &["InvoiceNo", "Invoice"], true),
                column("customer_id", &["CustomerID"], true),
                column("note", &[], false),
            ],
            tags: vec![],
            meta: std::collections::BTreeMap::new(),
        }
    }

    fn fit(headers: &[&str]) -> FileFit {
        fit_headers(&source(), &headers.iter().map(|header| (*header).to_owned()).collect::<Vec<_>>(), true)
    }

    #[test]
    fn every_publication_of_the_headers_fits_in_any_order() {
        assert_eq!(fit(&["Customer ID", "invoice"]).positions, [Some(1), Some(0), None]);
        assert!(fit(&["INVOICE_NO", "customer-id", "Note"]).belongs());
    }

    #[test]
    fn what_lacks_and_what_is_new_is_named_as_the_user_knows_it() {
        let found = fit(&["InvoiceNo", "Colour"]);
        assert_eq!(found.missing, ["CustomerID"]);
        assert_eq!(found.extra, [(1, "Colour".to_owned())]);
    }

    #[test]
    fn a_file_without_headers_fits_by_position_only_when_the_count_agrees() {
        let three: Vec<String> = (1..=3).map(|at| format!("column_{at}")).collect();
        assert!(fit_headers(&source(), &three, false).belongs());
        assert!(!fit_headers(&source(), &three[..2], false).belongs());
    }
}
