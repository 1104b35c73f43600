//! Results as files: whole, or not at all.

use std::{
    fs,
    io::{BufWriter, Write},
    path::Path,
};

use crate::ResolutionError;

/// Writes a file beside its place and moves it there when it is whole.
pub(crate) fn write_whole(
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> std::io::Result<()>,
) -> Result<(), ResolutionError> {
    let failed = |source| ResolutionError::Write { file: path.to_owned(), source };
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(format!(".{}.tmp", std::process::id()));
    let beside = path.with_file_name(name);
    let written = fs::File::create(&beside).and_then(|file| {
        let mut out = BufWriter::new(file);
        write(&mut out)?;
        out.into_inner().map_err(std::io::IntoInnerError::into_error)?.sync_all()?;
        fs::rename(&beside, path)
    });
    written.map_err(|source| {
        let _removed = fs::remove_file(&beside);
        failed(source)
    })
}

/// A text as a field of a CSV file (RFC 4180).
pub(crate) fn field(text: &str) -> std::borrow::Cow<'_, str> {
    if text.contains(['"', ',', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\"")).into()
    } else {
        text.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_quoted_where_they_must_be() {
        assert_eq!((field("a b"), field("a,\"b\"")), ("a b".into(), "\"a,\"\"b\"\"\"".into()));
    }

    #[test]
    fn nothing_is_left_of_a_result_that_fails() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("out.csv");
        let failed = write_whole(&path, |_| Err(std::io::Error::other("full"))).expect_err("it fails");
        assert_eq!(kernel::ProductError::code(&failed), "resolution.write");
        assert_eq!(fs::read_dir(folder.path()).expect("the folder").count(), 0);
        write_whole(&path, |out| out.write_all(b"x")).expect("written");
        assert_eq!(fs::read(&path).expect("a file"), b"x");
    }
}
