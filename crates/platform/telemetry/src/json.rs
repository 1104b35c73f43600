//! Log lines as JSON, with names that ELK and Datadog take without a mapping.
//!
//! Invariants: one line is one object and one write; the fields of the spans around an event are on its line (the
//! innermost wins), so that `correlation_id` is on each; a field never takes the place of what every line has.
//!
//! Absent on purpose: the file and line of the source, which change with each version and are found by the message.

use std::{error::Error, fmt, io::Write as _, sync::Arc};

use kernel::Clock;
use serde_json::{Map, Value};
use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
    span,
};
use tracing_subscriber::{Layer, fmt::MakeWriter, layer::Context, registry::LookupSpan};

/// The field that joins all lines of one request, wherever they were written.
pub const CORRELATION_ID: &str = "correlation_id";

/// Names that every line has; a field of the same name gets `field_` before it.
const OWN: [&str; 6] = ["timestamp", "level", "message", "target", "span", "spans"];

/// Longest text of one field, in bytes: a line stays small enough for log shippers, which cut at 16 KiB or more.
const MAX_TEXT_BYTES: usize = 8_192;

pub(crate) struct JsonLines<W> {
    writer: W,
    clock: Arc<dyn Clock>,
}

impl<W> JsonLines<W> {
    pub(crate) fn new(writer: W, clock: Arc<dyn Clock>) -> Self {
        Self { writer, clock }
    }
}

impl<S, W> Layer<S> for JsonLines<W>
where
    S: Subscriber + for<'s> LookupSpan<'s>,
    W: for<'w> MakeWriter<'w> + 'static,
{
    fn on_new_span(&self, attributes: &span::Attributes<'_>, id: &span::Id, context: Context<'_, S>) {
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        if let Some(span) = context.span(id) {
            span.extensions_mut().insert(fields);
        }
    }

    fn on_record(&self, id: &span::Id, values: &span::Record<'_>, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        if let Some(fields) = span.extensions_mut().get_mut::<Fields>() {
            values.record(fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut own = Fields::default();
        event.record(&mut own);
        let meta = event.metadata();
        let mut line = Map::new();
        line.insert("timestamp".to_owned(), self.clock.now().to_string().into());
        line.insert("level".to_owned(), meta.level().as_str().into());
        line.insert("message".to_owned(), own.message.unwrap_or_default().into());
        line.insert("target".to_owned(), meta.target().into());
        let mut names: Vec<Value> = Vec::new();
        let mut around = Map::new();
        for span in context.event_scope(event).into_iter().flat_map(tracing_subscriber::registry::Scope::from_root) {
            names.push(span.name().into());
            if let Some(fields) = span.extensions().get::<Fields>() {
                around.extend(fields.values.clone());
            }
        }
        if let Some(innermost) = names.last() {
            line.insert("span".to_owned(), innermost.clone());
            line.insert("spans".to_owned(), names.into());
        }
        line.extend(around);
        line.extend(own.values);
        let mut text = Value::Object(line).to_string();
        text.push('\n');
        // There is nobody left to tell when a log cannot be written.
        let _lost = self.writer.make_writer_for(meta).write_all(text.as_bytes());
    }
}

/// Fields of a span or an event.
#[derive(Default)]
struct Fields {
    message: Option<String>,
    values: Map<String, Value>,
}

impl Fields {
    fn put(&mut self, field: &Field, value: Value) {
        let name = field.name();
        if name == "message" {
            self.message = Some(value.as_str().map_or_else(|| value.to_string(), str::to_owned));
        } else if OWN.contains(&name) {
            self.values.insert(format!("field_{name}"), value);
        } else {
            self.values.insert(name.to_owned(), value);
        }
    }

    fn put_text(&mut self, field: &Field, mut text: String) {
        if text.len() > MAX_TEXT_BYTES {
            text.truncate(text.floor_char_boundary(MAX_TEXT_BYTES));
            text.push('…');
        }
        self.put(field, text.into());
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.put_text(field, format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put_text(field, value.to_owned());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, value.into());
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        // JSON has no word for what is not finite.
        let finite = serde_json::Number::from_f64(value).map(Value::Number);
        self.put(field, finite.unwrap_or_else(|| value.to_string().into()));
    }

    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        let mut text = value.to_string();
        let mut next = value.source();
        while let Some(cause) = next {
            text.push_str(": ");
            text.push_str(&cause.to_string());
            next = cause.source();
        }
        self.put_text(field, text);
    }
}
