//! What a template can call, and the log of what it called.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use minijinja::{
    Environment, Error, ErrorKind, Value,
    value::{Kwargs, Serde},
};

use super::RenderMode;
use crate::{
    AssetName,
    names::{Names, Unknown},
    nearest::nearest,
};

/// What the templates of one project share.
#[derive(Debug, Default)]
pub(crate) struct World {
    pub(crate) names: Names,
    pub(crate) vars: BTreeMap<String, serde_json::Value>,
    /// `meta` of each source.
    pub(crate) meta: BTreeMap<String, BTreeMap<String, serde_json::Value>>,
    /// While names are still being gathered, an unknown one is no mistake.
    pub(crate) names_are_open: bool,
}

/// What a template asked for.
#[derive(Debug, Default)]
pub(crate) struct Log {
    pub(crate) reads: Vec<AssetName>,
    pub(crate) reads_changes: Vec<AssetName>,
    pub(crate) config: serde_json::Map<String, serde_json::Value>,
}

/// Why a call was refused; travels through the template engine inside its own error.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refusal {
    #[error("no asset for `{call}`")]
    Ref { call: String, nearest: Option<String> },
    #[error("no variable `{name}`")]
    Var { name: String, nearest: Option<String> },
}

impl Refusal {
    fn into_error(self) -> Error {
        Error::new(ErrorKind::InvalidOperation, self.to_string()).with_source(self)
    }
}

/// One rendering of one template.
#[derive(Clone)]
struct Call {
    world: Arc<World>,
    mode: RenderMode,
    log: Arc<Mutex<Log>>,
}

impl Call {
    /// The asset that was found, noted as read; a stand-in while names are open.
    fn read(&self, found: Result<AssetName, Unknown>, call: &str) -> Result<AssetName, Error> {
        match found {
            Ok(asset) => {
                let mut log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
                if !log.reads.contains(&asset) {
                    log.reads.push(asset.clone());
                }
                Ok(asset)
            }
            Err(_) if self.world.names_are_open => Ok(AssetName { layer: "open".to_owned(), name: "open".to_owned() }),
            Err(Unknown(nearest)) => Err(Refusal::Ref { call: call.to_owned(), nearest }.into_error()),
        }
    }

    fn reference(&self, first: &str, second: Option<&str>) -> Result<String, Error> {
        let (text, call) = written("ref", first, second);
        Ok(self.read(self.world.names.find(&text), &call)?.quoted())
    }

    fn source(&self, source: &str, table: Option<&str>) -> Result<String, Error> {
        let (_, call) = written("source", source, table);
        Ok(self.read(self.world.names.find_source(source, table), &call)?.quoted())
    }

    fn changes(&self, first: &str, second: Option<&str>) -> Result<String, Error> {
        let (text, call) = written("changes", first, second);
        let asset = self.read(self.world.names.find_or_source(&text), &call)?;
        let mut log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        if !log.reads_changes.contains(&asset) {
            log.reads_changes.push(asset.clone());
        }
        Ok(match self.mode {
            RenderMode::Full => asset.quoted(),
            RenderMode::Incremental => format!("\"_changes\".\"{asset}\""),
        })
    }

    fn var(&self, name: &str, default: Option<Value>) -> Result<Value, Error> {
        if let Some(value) = self.world.vars.get(name) {
            return Ok(Value::from(Serde(value)));
        }
        default.ok_or_else(|| {
            let nearest = nearest(name, self.world.vars.keys().map(String::as_str));
            Refusal::Var { name: name.to_owned(), nearest }.into_error()
        })
    }

    fn source_meta(&self, source: &str, key: Option<&str>, default: Option<Value>) -> Result<Value, Error> {
        let Some(meta) = self.world.meta.get(source) else {
            let nearest = nearest(source, self.world.meta.keys().map(String::as_str));
            return Err(Refusal::Ref { call: format!("source_meta('{source}')"), nearest }.into_error());
        };
        let Some(key) = key else { return Ok(Value::from(Serde(meta))) };
        match (meta.get(key), default) {
            (Some(value), _) => Ok(Value::from(Serde(value))),
            (None, Some(default)) => Ok(default),
            (None, None) => {
                let hint = nearest(key, meta.keys().map(String::as_str));
                let hint = hint.map_or(String::new(), |near| format!("; did you mean `{near}`?"));
                Err(Error::new(ErrorKind::InvalidOperation, format!("source `{source}` has no meta `{key}`{hint}")))
            }
        }
    }

    /// Remembers the arguments and gives no text.
    fn config(&self, arguments: &Kwargs) -> Result<String, Error> {
        let mut log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        for key in arguments.args() {
            let value: Value = arguments.peek(key)?;
            let json = serde_json::to_value(&value).map_err(|error| {
                Error::new(ErrorKind::BadSerialization, format!("could not take config `{key}`")).with_source(error)
            })?;
            log.config.insert(key.to_owned(), json);
        }
        Ok(String::new())
    }
}

/// The name that two arguments make, and the call as it was written.
fn written(function: &str, first: &str, second: Option<&str>) -> (String, String) {
    match second {
        Some(second) => (format!("{first}.{second}"), format!("{function}('{first}', '{second}')")),
        None => (first.to_owned(), format!("{function}('{first}')")),
    }
}

/// Makes every function known in `environment`, on behalf of the asset `this`.
pub(super) fn install(
    environment: &mut Environment<'_>,
    world: &Arc<World>,
    this: &AssetName,
    mode: RenderMode,
) -> Arc<Mutex<Log>> {
    let log = Arc::new(Mutex::new(Log::default()));
    let call = Call { world: Arc::clone(world), mode, log: Arc::clone(&log) };
    let c = call.clone();
    environment.add_function("ref", move |a: String, b: Option<String>| c.reference(&a, b.as_deref()));
    let c = call.clone();
    environment.add_function("source", move |a: String, b: Option<String>| c.source(&a, b.as_deref()));
    let c = call.clone();
    environment.add_function("changes", move |a: String, b: Option<String>| c.changes(&a, b.as_deref()));
    let c = call.clone();
    environment.add_function("var", move |name: String, default: Option<Value>| c.var(&name, default));
    let c = call.clone();
    environment.add_function("source_meta", move |source: String, key: Option<String>, default: Option<Value>| {
        c.source_meta(&source, key.as_deref(), default)
    });
    environment.add_function("config", move |arguments: Kwargs| call.config(&arguments));
    environment.add_function("is_incremental", move || mode == RenderMode::Incremental);
    environment.add_global("this", this.quoted());
    log
}
