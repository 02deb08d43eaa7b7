//! Mail, and a stub that writes it to a folder.

use std::path::PathBuf;

use uuid::Uuid;

/// One mail.
#[derive(Debug, Clone)]
pub struct Mail {
    /// Where it goes.
    pub to: String,
    /// The link that carries the onboarding token.
    pub link: String,
}

/// Sends mail.
pub trait Mailer: Send + Sync {
    /// Hands the mail over; false when it could not.
    fn send(&self, mail: Mail) -> bool;
}

/// Writes each mail to a file of its own instead of sending it, for tests and for a try on a laptop.
#[derive(Debug, Clone)]
pub struct MailFolder {
    folder: Option<PathBuf>,
}

impl MailFolder {
    /// Into this folder; nowhere without one.
    #[must_use]
    pub fn new(folder: Option<PathBuf>) -> Self {
        Self { folder }
    }
}

impl Mailer for MailFolder {
    fn send(&self, mail: Mail) -> bool {
        let Some(folder) = &self.folder else {
            tracing::warn!("a mail went nowhere; MAIL_DIR names a folder to keep mails in");
            return true;
        };
        let name = folder.join(Uuid::new_v4().to_string());
        // Under another name first, so that a reader never sees half a mail.
        let draft = name.with_extension("draft");
        std::fs::write(&draft, format!("To: {}\n\n{}\n", mail.to, mail.link))
            .and_then(|()| std::fs::rename(&draft, name.with_extension("mail")))
            .is_ok()
    }
}
