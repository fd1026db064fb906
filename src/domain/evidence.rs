//! Evidence: uploaded documents. Their bytes decide their type, never their names.

use jiff::Timestamp;
use uuid::Uuid;

use super::{
    ids::{ApplicationId, EvidenceId},
    typed,
};
use crate::text_enum;

text_enum! {
    /// The kinds of file that are taken.
    pub enum MediaType {
        /// PDF.
        Pdf = "application/pdf",
        /// JPEG.
        Jpeg = "image/jpeg",
        /// PNG.
        Png = "image/png",
    }
}

/// An uploaded document.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are the words of the design")]
pub struct Evidence {
    pub id: EvidenceId,
    pub application: ApplicationId,
    pub kind: String,
    pub file_name: String,
    pub media_type: MediaType,
    pub bytes: i32,
    pub sha256: Vec<u8>,
    pub storage_name: String,
    pub uploaded_by: Uuid,
    pub uploaded_at: Timestamp,
    /// The key of the file, sealed under the case's key. None: an earlier version stored the file unsealed.
    pub key_sealed: Option<Vec<u8>>,
}

/// A file name fit for a header and a page: the last part of a path, without control characters and invisible ones, 120
/// characters at most; `document` if nothing is left.
pub fn tidy_file_name(name: &str) -> String {
    let name = typed::visible(name);
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let tidy: String =
        last.chars().filter(|c| !c.is_control() && !matches!(c, '"' | '<' | '>')).take(120).collect();
    let tidy = tidy.trim().trim_matches('.').trim();
    if tidy.is_empty() { "document".to_owned() } else { tidy.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_keeps_no_path_and_no_tricks() {
        assert_eq!(tidy_file_name("../../etc/passwd"), "passwd");
        assert_eq!(tidy_file_name("C:\\scans\\护照.pdf"), "护照.pdf");
        assert_eq!(tidy_file_name("a\"\r\nX: y.pdf"), "aX: y.pdf");
        assert_eq!(tidy_file_name("\u{202e}fdp.exe\u{200b}"), "fdp.exe");
        assert_eq!(tidy_file_name(".."), "document");
    }
}
