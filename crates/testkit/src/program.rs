//! Servers that are not ours, which tests talk to: programs of `tools/servers`, run by Node.js.
//!
//! A program is given its settings as JSON in `WANTED`, says `{"port": …}` first and then a line of JSON for whatever it sees, and
//! ends with its standard input. Its packages are in the folder that `GRAYGHOST_TEST_SERVERS` names; `make test` fills it.

use std::{
    env,
    io::{BufRead as _, BufReader},
    process::{Child, Command, Stdio},
    sync::mpsc::{Receiver, channel},
    thread,
    time::Duration,
};

use serde_json::Value;

use crate::skipped;

/// What `skipped` is told where there is no Node.js, or no packages.
pub const NEEDS_SERVERS: &str = "needs Node.js and the packages of tools/servers (make test)";

/// For a program to say where it listens; a machine may be busy with other tests.
const START: Duration = Duration::from_mins(2);

/// A program that runs, and ends with this.
#[derive(Debug)]
pub struct Program {
    child: Child,
    lines: Receiver<Value>,
    /// Where it listens on 127.0.0.1.
    pub port: u16,
}

impl Program {
    /// Runs a script, the text of an ES module; `None`, said aloud and counted, where it cannot be run.
    ///
    /// # Panics
    /// If there is everything that it needs and it does not start.
    #[must_use]
    pub fn start(script: &str, wanted: &Value) -> Option<Self> {
        let folder = env::var_os("GRAYGHOST_TEST_SERVERS");
        let Some(folder) = folder.filter(|folder| std::path::Path::new(folder).join("node_modules").exists()) else {
            skipped(NEEDS_SERVERS);
            return None;
        };
        // Given as text: a module finds its packages from the folder that it runs in.
        let mut command = Command::new("node");
        command.args(["--no-warnings", "--input-type=module", "-e", script]).current_dir(folder);
        command.env("WANTED", wanted.to_string()).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().expect("Node.js starts");
        let output = child.stdout.take().expect("its output");
        let (say, lines) = channel();
        thread::spawn(move || {
            let read = BufReader::new(output).lines().map_while(Result::ok);
            // Whatever else a library prints is no line of ours.
            read.filter_map(|line| serde_json::from_str(&line).ok()).try_for_each(|line: Value| say.send(line))
        });
        let first = lines.recv_timeout(START).expect("it says where it listens");
        let port = first["port"].as_u64().and_then(|port| u16::try_from(port).ok()).expect("a port");
        Some(Self { child, lines, port })
    }

    /// The next line; `None` where there is none within this time.
    #[must_use]
    pub fn line(&self, within: Duration) -> Option<Value> {
        self.lines.recv_timeout(within).ok()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
