//! A scratch folder with files in it, and the binary at work there.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
};

use serde_json::Value;
use tempfile::TempDir;

/// Header and lines as the public data set has them. One line is good, one is the same again, one has no price, one
/// has a field too few, and one is a return.
pub(crate) const SALES: &str = "\
InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country
536365,85123A,WHITE HANGING HEART T-LIGHT HOLDER,6,2010-12-01 08:26:00,2.55,17850,United Kingdom
536365,85123A,WHITE HANGING HEART T-LIGHT HOLDER,6,2010-12-01 08:26:00,2.55,17850,United Kingdom
536366,22633,HAND WARMER UNION JACK,6,2010-12-01 08:28:00,0.00,17850,United Kingdom
536367,84879,ASSORTED COLOUR BIRD ORNAMENT,32
C536379,22633,HAND WARMER UNION JACK,-2,2010-12-02 09:41:00,1.85,14527,France
";

/// A scratch folder.
pub(crate) struct Place {
    dir: TempDir,
}

/// What the binary said.
#[derive(Debug)]
pub(crate) struct Answer {
    /// Exit code; `None` when a signal ended it.
    pub(crate) code: Option<i32>,
    /// Standard output.
    pub(crate) out: String,
    /// Standard error.
    pub(crate) err: String,
}

impl Answer {
    fn of(output: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("UTF-8");
        Self { code: output.status.code(), out: text(&output.stdout), err: text(&output.stderr) }
    }

    /// Standard output as one JSON document.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// Fails unless the exit code is this one.
    #[track_caller]
    pub(crate) fn ends_with(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{}\n{}", self.out, self.err);
        self
    }
}

impl Place {
    /// An empty folder.
    pub(crate) fn empty() -> Self {
        Self { dir: tempfile::tempdir().expect("a folder") }
    }

    /// A folder that is a retail project, with `sales.csv` beside it.
    pub(crate) fn project() -> Self {
        let place = Self::empty();
        place.ask(&["init", "shop"]).ends_with(0);
        place.write("sales.csv", SALES);
        place
    }

    /// A project in which `sales.csv` was loaded.
    pub(crate) fn loaded() -> Self {
        let place = Self::project();
        place.ask(&["run", "sales.csv", "--project", "shop", "--quiet"]).ends_with(0);
        place
    }

    /// A path in the folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Writes a file.
    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(path, bytes).expect("a file");
    }

    /// The binary with these words, in this folder, its output piped.
    pub(crate) fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_grayghost"));
        command.args(words).current_dir(self.dir.path()).env("TERM", "xterm").env_remove("NO_COLOR");
        command.env_remove("GRAYGHOST_LOG").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// What the binary answers.
    pub(crate) fn ask(&self, words: &[&str]) -> Answer {
        Answer::of(&self.command(words).output().expect("the binary starts"))
    }

    /// The binary at work.
    pub(crate) fn start(&self, words: &[&str]) -> Child {
        self.command(words).spawn().expect("the binary starts")
    }

    /// Rows that a statement gives in project `shop`.
    pub(crate) fn rows(&self, statement: &str) -> Value {
        self.ask(&["sql", statement, "--project", "shop", "--format", "json"]).ends_with(0).json()
    }
}

/// The answer of a started binary.
pub(crate) fn wait(child: Child) -> Answer {
    Answer::of(&child.wait_with_output().expect("the binary ends"))
}

/// All error pages of the repository: code and text.
pub(crate) fn error_pages() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../docs/errors");
    let files = fs::read_dir(folder).expect("the pages").map(|entry| entry.expect("a page").path());
    let pages = files.filter_map(|path| {
        let code = path.file_name()?.to_str()?.strip_suffix(".md")?.to_owned();
        code.contains('.').then(|| (code, fs::read_to_string(&path).expect("a page")))
    });
    pages.collect()
}
