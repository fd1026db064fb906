//! E-mail addresses. What is accepted where an address is typed or given is what the mailer can send to: it parses the
//! address with the same function.

use std::fmt;

use idna::{
    AsciiDenyList,
    uts46::{DnsLength, Hyphens, Uts46},
};

use super::{field_error::FieldError, typed};

/// The longest address (RFC 5321 §4.5.3.1.3, without the angle brackets).
const MOST: usize = 254;

/// An address that mail can be sent to.
#[derive(Clone, PartialEq, Eq)]
pub struct EmailAddress {
    typed: String,
    mailbox: lettre::Address,
}

impl EmailAddress {
    /// Parses an address; none if it is none. Invisible characters, and blanks around it, are removed.
    ///
    /// Before the `@` most mail servers take no letters beyond ASCII (RFC 6531), and nobody has quotation marks there. An
    /// address of a machine, `[127.0.0.1]`, is no person's.
    pub fn parse(text: &str) -> Option<Self> {
        let typed = typed::visible(text).trim().to_owned();
        let (local, host) = typed.rsplit_once('@')?;
        if !local.is_ascii() || local.contains('"') {
            return None;
        }
        let mailbox = lettre::Address::new(local, ascii_host(host)?).ok()?;
        (AsRef::<str>::as_ref(&mailbox).len() <= MOST).then_some(Self { typed, mailbox })
    }

    /// The address in a field that has to be filled in.
    pub fn required(text: &str, pointer: &str) -> Result<Self, FieldError> {
        let code = if typed::is_blank(text) { "required" } else { "not_an_email" };
        Self::parse(text).ok_or_else(|| FieldError::new(pointer, code))
    }

    /// The address as it was typed, for pages.
    pub fn as_typed(&self) -> &str {
        &self.typed
    }

    /// The address as mail servers know it: its host in A-labels (RFC 5891).
    pub fn mailbox(&self) -> &lettre::Address {
        &self.mailbox
    }
}

/// An address is personal: `{:?}` does not write it to a log.
impl fmt::Debug for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EmailAddress(…)")
    }
}

/// The form in which addresses are compared: without regard to case, and to how the host is written.
pub fn key(email: &str) -> String {
    match EmailAddress::parse(email) {
        Some(address) => address.mailbox.to_string().to_lowercase(),
        None => typed::visible(email).trim().to_lowercase(),
    }
}

/// A host as A-labels, as UTS 46 maps it: `例え。jp` is `xn--r8jz45g.jp`.
fn ascii_host(host: &str) -> Option<String> {
    let ascii = Uts46::new()
        .to_ascii(host.as_bytes(), AsciiDenyList::STD3, Hyphens::CheckFirstLast, DnsLength::Verify)
        .ok()?;
    // The numbers of a machine.
    let last = ascii.rsplit('.').next()?;
    (!last.bytes().all(|b| b.is_ascii_digit())).then(|| ascii.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent_to(text: &str) -> Option<String> {
        EmailAddress::parse(text).map(|address| address.mailbox().to_string())
    }

    #[test]
    fn addresses_that_mail_reaches_are_accepted() {
        for text in
            ["li.na@example.cn", "a@localhost", "li+visa@a-b.example", "o'brien@x.museum", "T1@Example.org"]
        {
            assert_eq!(sent_to(text).unwrap().to_lowercase(), text.to_lowercase());
            assert_eq!(EmailAddress::parse(text).unwrap().as_typed(), text);
        }
    }

    #[test]
    fn hosts_become_a_labels_and_pages_show_what_was_typed() {
        for (text, sent) in [
            ("li@例え.jp", "li@xn--r8jz45g.jp"),
            ("li@例え。jp", "li@xn--r8jz45g.jp"),
            ("li@example。org", "li@example.org"),
            ("li@пример.рф", "li@xn--e1afmkfd.xn--p1ai"),
            ("li@МИНИСТЕРСТВО.рф", "li@xn--b1afiashkohcid.xn--p1ai"),
            ("li@bücher.example", "li@xn--bcher-kva.example"),
            ("li@xn--bcher-kva.example", "li@xn--bcher-kva.example"),
        ] {
            let address = EmailAddress::parse(text).unwrap();
            assert_eq!((address.mailbox().to_string().as_str(), address.as_typed()), (sent, text));
            assert_eq!(key(text), sent);
        }
    }

    #[test]
    fn invisible_characters_are_removed() {
        for text in [
            "\u{200b}li@example.org",
            "li@example.org\u{200b}",
            "\u{feff}li@example.org\u{a0}",
            "\u{202a}li@example.org\u{202c}",
            "li\u{ad}@exam\u{ad}ple.org",
            "li@exam\u{2060}ple.org",
            "l\u{200d}i@example\u{200c}.org",
            "\u{3000}\u{2066}li@example.org\u{2069}\n",
        ] {
            assert_eq!(EmailAddress::parse(text).unwrap().as_typed(), "li@example.org", "{text:?}");
            assert_eq!(key(text), "li@example.org");
        }
    }

    #[test]
    fn what_the_mailer_cannot_send_to_is_refused() {
        for text in [
            "",
            "li",
            "li@",
            "@example.org",
            "a@b@example.org",
            "li.@example.org",
            ".li@example.org",
            "l..i@example.org",
            "mailto:li@example.org",
            "Li <li@example.org>",
            "<li@example.org>",
            "li na@example.org",
            "li\u{a0}na@example.org",
            "li@example .org",
            "li,na@example.org",
            "\"li\"@example.org",
            "li@example.org\r\nBcc: x@example.org",
            "müller@example.org",
            "李@example.org",
            "l\u{456}@example.org",
            "li@[127.0.0.1]",
            "li@127.0.0.1",
            "li@[IPv6:::1]",
            "li@example..org",
            "li@.example.org",
            "li@example.org.",
            "li@-example.org",
            "li@exa_mple.org",
            "li@例え..jp",
            "li@xn--a.example",
        ] {
            assert_eq!(sent_to(text), None, "{text:?}");
        }
        assert_eq!(sent_to(&format!("{}@example.org", "a".repeat(65))), None);
        assert_eq!(sent_to(&format!("li@{}.org", "a".repeat(64))), None);
        assert_eq!(sent_to(&format!("li@{}org", "a.".repeat(130))), None);
    }
}
