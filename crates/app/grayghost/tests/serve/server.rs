//! A project's folder, and a server at work in it.

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Output, Stdio},
    sync::{Arc, Mutex},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use kernel::{WorkspaceId, uuid::Uuid};
use serde_json::Value;
use tempfile::TempDir;

const PATIENCE: Duration = Duration::from_mins(1);

/// Waits until something is there.
#[track_caller]
pub(crate) fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(began.elapsed() < PATIENCE, "waited in vain: {what}");
        thread::sleep(Duration::from_millis(5));
    }
}

/// What the binary said.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Answer {
    fn of(output: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Self { code: output.status.code(), out: text(&output.stdout), err: text(&output.stderr) }
    }

    #[track_caller]
    pub(crate) fn ends_with(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{}\n{}", self.out, self.err);
        self
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// A project's folder.
pub(crate) struct Shop {
    dir: TempDir,
}

impl Shop {
    /// One without settings.
    pub(crate) fn new() -> Self {
        Self { dir: tempfile::tempdir().expect("a folder") }
    }

    /// One with this `grayghost.toml`.
    pub(crate) fn with(settings: &str) -> Self {
        let shop = Self::new();
        fs::write(shop.path("grayghost.toml"), settings).expect("written");
        shop
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// The workspace, which the first start has made.
    pub(crate) fn workspace(&self) -> WorkspaceId {
        let text = fs::read_to_string(self.path(".grayghost/workspace")).expect("a workspace");
        WorkspaceId(Uuid::parse_str(&text).expect("an id"))
    }

    pub(crate) fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_grayghost"));
        command.args(words).current_dir(self.dir.path()).env_remove("GRAYGHOST_LOG").stdin(Stdio::null());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// What the binary answers.
    pub(crate) fn ask(&self, words: &[&str]) -> Answer {
        Answer::of(&self.command(words).output().expect("the binary starts"))
    }

    /// A server with these flags that is ready, on a free port unless they say otherwise.
    pub(crate) fn serve(&self, flags: &[&str]) -> Server {
        let server = Server::start(self.command(&[&["serve", "--server-listen", "127.0.0.1:0"], flags].concat()));
        // The line comes through a pipe and may be later than the answer.
        until("it is ready", || (server.get("/readyz").0 == 200 && server.log().contains("ready: ")).then_some(()));
        server
    }
}

/// The lines of a pipe so far.
struct Told {
    lines: Arc<Mutex<Vec<String>>>,
    reader: Option<JoinHandle<()>>,
}

impl Told {
    fn by(pipe: impl Read + Send + 'static) -> Self {
        let lines: Arc<Mutex<Vec<String>>> = Arc::default();
        let kept = Arc::clone(&lines);
        let reader = thread::spawn(move || {
            BufReader::new(pipe).lines().map_while(Result::ok).for_each(|line| kept.lock().expect("lines").push(line));
        });
        Self { lines, reader: Some(reader) }
    }

    fn text(&self) -> String {
        self.lines.lock().expect("lines").join("\n")
    }
}

/// A server at work; ended with the test.
pub(crate) struct Server {
    child: Child,
    log: Told,
    said: Told,
    pub(crate) address: SocketAddr,
}

impl Server {
    #[track_caller]
    fn start(mut command: Command) -> Self {
        let mut child = command.spawn().expect("the binary starts");
        let log = Told::by(child.stderr.take().expect("a pipe"));
        let said = Told::by(child.stdout.take().expect("a pipe"));
        let address = until("it listens", || {
            let ended = child.try_wait().expect("a process");
            let lines = log.lines.lock().expect("lines");
            assert!(ended.is_none(), "it ended: {lines:#?}");
            let after = lines.iter().find_map(|line| line.split_once("listening on http://"))?.1;
            after.split([' ', '"']).next()?.parse().ok()
        });
        Self { child, log, said, address }
    }

    /// Everything that it has logged.
    pub(crate) fn log(&self) -> String {
        self.log.text()
    }

    /// What it has said on its standard output.
    pub(crate) fn said(&self) -> String {
        self.said.text()
    }

    /// Status and body of a path; 0 when it cannot be reached.
    pub(crate) fn get(&self, path: &str) -> (u16, String) {
        let asked = TcpStream::connect(self.address).and_then(|mut stream| {
            stream.set_read_timeout(Some(PATIENCE))?;
            write!(stream, "GET {path} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n")?;
            let mut answer = String::new();
            stream.read_to_string(&mut answer)?;
            Ok(answer)
        });
        let Ok(answer) = asked else { return (0, String::new()) };
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
        (head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0), body.to_owned())
    }

    /// Sends a signal: `TERM`, `INT`, `KILL`.
    pub(crate) fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill").args([&format!("-{name}"), pid.as_str()]).status().expect("kill");
        assert!(sent.success());
    }

    /// How it ended.
    #[track_caller]
    pub(crate) fn ended(&mut self) -> ExitStatus {
        let status = until("it ends", || self.child.try_wait().expect("a process"));
        // The pipe's last lines come a moment later.
        for told in [&mut self.log, &mut self.said] {
            told.reader.take().map(JoinHandle::join).transpose().expect("all lines were read");
        }
        status
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Bits of a file's mode.
pub(crate) fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(path).expect("a file").permissions().mode() & 0o777
}
