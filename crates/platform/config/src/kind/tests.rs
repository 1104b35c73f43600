//! Every kind with texts that it takes and texts that it refuses.

use super::*;

const NUMBER: Kind = Kind::Integer { least: 2, most: 5_000 };
const URL: Kind = Kind::Url { schemes: &["sqlite:", "postgres://", "memory:"], planned: &["amqp:"] };
const WORDS: Kind = Kind::List { of: &Kind::Choice(&["api", "worker"]), least: 1 };

#[test]
fn each_kind_takes_what_it_promises() {
    let cases = [
        (Kind::Text, " a b ", Value::Text(" a b ".into())),
        (Kind::Choice(&["json", "pretty"]), " json ", Value::Text("json".into())),
        (Kind::Bool, "false", Value::Bool(false)),
        (NUMBER, "2", Value::Integer(2)),
        (NUMBER, "5_000", Value::Integer(5_000)),
        (Kind::DurationMs { least: 0, most: 9 }, "0", Value::Integer(0)),
        (Kind::SizeBytes { least: 0, most: u64::MAX }, "18446744073709551615", Value::Integer(u64::MAX)),
        (Kind::Address, "[::1]:80", Value::Address("[::1]:80".parse().unwrap())),
        (Kind::Path, "a/b", Value::Path("a/b".into())),
        (URL, "postgres://u:p@h/d", Value::Url(BackendUrl::new("postgres://u:p@h/d"))),
        (URL, "memory:", Value::Url(BackendUrl::new("memory:"))),
        (WORDS, "api, worker,", Value::List(vec![Value::Text("api".into()), Value::Text("worker".into())])),
        (Kind::List { of: &Kind::Bool, least: 0 }, "", Value::List(vec![])),
    ];
    for (kind, text, value) in cases {
        assert_eq!(kind.parse(text), Ok(value), "{kind:?} {text}");
    }
}

#[test]
fn each_kind_refuses_the_rest_and_says_what_it_takes() {
    let number = "is `X`; give a whole number between 2 and 5000";
    let cases = [
        (Kind::Text, " ", "is empty; give a text"),
        (Kind::Choice(&["json", "pretty"]), "jsno", "is `jsno`; did you mean `json`?"),
        (Kind::Choice(&["json", "pretty"]), "xml-text", "is `xml-text`; give one of `json` or `pretty`"),
        (Kind::Bool, "yes", "is `yes`; give true or false"),
        (NUMBER, "1", &number.replace('X', "1")),
        (NUMBER, "5001", &number.replace('X', "5001")),
        (NUMBER, "-3", &number.replace('X', "-3")),
        (NUMBER, "+3", &number.replace('X', "+3")),
        (NUMBER, "3_", &number.replace('X', "3_")),
        (NUMBER, "99999999999999999999", &number.replace('X', "99999999999999999999")),
        (Kind::DurationMs { least: 1, most: 2 }, "1s", "is `1s`; give milliseconds between 1 and 2"),
        (Kind::SizeBytes { least: 1, most: 2 }, "", "is empty; give bytes between 1 and 2"),
        (Kind::Address, "localhost", "is `localhost`; give an IP address and a port such as `127.0.0.1:8080`"),
        (Kind::Path, "", "is empty; give a path"),
        (
            URL,
            "mysql://u:secret@h",
            "is not an address of a known kind; begin it with `sqlite:`, `postgres://` or `memory:`",
        ),
        (
            URL,
            "postgres:u:secret@h",
            "is not an address of a known kind; begin it with `sqlite:`, `postgres://` or `memory:`",
        ),
        (URL, "postgres://", "has nothing after `postgres://`; name the place"),
        (
            URL,
            "amqp://u:secret@h",
            "begins with `amqp:`, which is not available in this version; use `sqlite:`, `postgres://` or `memory:`",
        ),
        (WORDS, "", "is empty; give a list of at least 1, each one of `api` or `worker`"),
        (
            WORDS,
            "apo,api,wroker",
            "has an item that is `apo`; did you mean `api`? + has an item that is `wroker`; did you mean `worker`?",
        ),
    ];
    for (kind, text, expected) in cases {
        assert_eq!(told(kind.parse(text)), expected, "{kind:?} {text}");
    }
}

#[test]
fn the_file_has_types_and_they_must_fit() {
    let cases = [
        (Kind::Bool, "\"true\"", "is a text; give true or false"),
        (NUMBER, "\"16\"", "is a text; give a whole number between 2 and 5000"),
        (NUMBER, "2.5", "is a fraction; give a whole number between 2 and 5000"),
        (NUMBER, "-7", "is `-7`; give a whole number between 2 and 5000"),
        (Kind::Text, "1979-05-27", "is a date; give a text"),
        (Kind::Path, "true", "is true or false; give a path"),
        (WORDS, "\"api\"", "is a text; give a list of at least 1, each one of `api` or `worker`"),
        (WORDS, "[\"api\", 3]", "has an item that is a whole number; give one of `api` or `worker`"),
        (URL, "{ host = 1 }", "is a table; give an address that begins with `sqlite:`, `postgres://` or `memory:`"),
    ];
    for (kind, text, expected) in cases {
        let given = DeValue::parse(text).unwrap();
        assert_eq!(told(kind.take(given.get_ref())), expected, "{kind:?} {text}");
    }
    let given = DeValue::parse("0x10").unwrap();
    assert_eq!(NUMBER.take(given.get_ref()), Ok(Value::Integer(16)));
    let given = DeValue::parse("1_000").unwrap();
    assert_eq!(NUMBER.take(given.get_ref()), Ok(Value::Integer(1_000)));
}

fn told(result: Result<Value, Vec<Refusal>>) -> String {
    let refusals = result.expect_err("a refusal");
    let told: Vec<String> = refusals.iter().map(|refusal| format!("{}; {}", refusal.wrong, refusal.remedy)).collect();
    told.join(" + ")
}
