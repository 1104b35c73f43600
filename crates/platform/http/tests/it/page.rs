//! A log that can be read back.

use std::{
    io::{self, Write},
    sync::{Arc, Mutex, PoisonError},
};

use kernel::ManualClock;
use telemetry::{Format, logs};
use tracing::Dispatch;

#[derive(Clone, Default)]
pub(crate) struct Page(Arc<Mutex<Vec<u8>>>);

impl Write for Page {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Page {
    /// Logs that are written here.
    pub(crate) fn logs(&self) -> Dispatch {
        let page = self.clone();
        logs(Format::Json, "http_edge=trace", move || page.clone(), Arc::new(ManualClock::default())).expect("a filter")
    }

    pub(crate) fn lines(&self) -> Vec<serde_json::Value> {
        let bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let text = String::from_utf8(bytes).expect("UTF-8");
        text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
    }
}
