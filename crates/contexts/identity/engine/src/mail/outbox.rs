//! The embedded mailer: a folder of `.eml` files, which mail programs and editors open.

use std::path::{Path, PathBuf};

use super::{Mail, MailError, Mailer};

/// Writes each mail as a file of its own.
#[derive(Debug, Clone)]
pub struct Outbox {
    folder: PathBuf,
}

impl Outbox {
    /// Into this folder, e.g. `.grayghost/outbox`; it is made when the first mail comes.
    #[must_use]
    pub fn at(folder: impl AsRef<Path>) -> Self {
        Self { folder: folder.as_ref().to_owned() }
    }

    /// Where its mails are.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }
}

#[async_trait::async_trait]
impl Mailer for Outbox {
    async fn send(&self, mail: &Mail) -> Result<(), MailError> {
        tokio::fs::create_dir_all(&self.folder).await?;
        let name = format!("{}-{}", mail.at.millis(), mail.id.simple());
        let (draft, file) = (self.folder.join(format!(".{name}")), self.folder.join(format!("{name}.eml")));
        // Whole or not at all; sent again, the same file.
        tokio::fs::write(&draft, mail.to_eml()).await?;
        #[cfg(unix)]
        tokio::fs::set_permissions(&draft, std::os::unix::fs::PermissionsExt::from_mode(0o600)).await?;
        Ok(tokio::fs::rename(draft, file).await?)
    }
}
