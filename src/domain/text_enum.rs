//! Enums whose variants have one fixed code, the same in table, API and page.

pub use crate::text_enum;

/// Declares such an enum, with `ALL`, `as_str`, `FromStr`, `Display` and serde by code.
///
/// ```
/// corridor::text_enum! {
///     /// The colours of a traffic light.
///     pub enum Light {
///         /// Stop.
///         Red = "red",
///         /// Go.
///         Green = "green",
///     }
/// }
/// assert_eq!("red".parse(), Ok(Light::Red));
/// assert_eq!(Light::Green.to_string(), "green");
/// assert!("blue".parse::<Light>().is_err());
/// ```
#[macro_export]
macro_rules! text_enum {
    ($(#[$meta:meta])* pub enum $name:ident { $($(#[$doc:meta])* $variant:ident = $code:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        pub enum $name { $($(#[$doc])* #[serde(rename = $code)] $variant),+ }

        impl $name {
            /// Every variant, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The fixed code.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $code),+ }
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::domain::text_enum::UnknownCode;
            fn from_str(code: &str) -> Result<Self, Self::Err> {
                const KNOWN: &[&str] = &[$($code),+];
                match code {
                    $($code => Ok(Self::$variant),)+
                    _ => Err($crate::domain::text_enum::UnknownCode { known: KNOWN }),
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { f.pad(self.as_str()) }
        }
    };
}

/// The text is not one of the codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("one of {}", .known.join(", "))]
pub struct UnknownCode {
    /// All codes.
    pub known: &'static [&'static str],
}
