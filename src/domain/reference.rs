//! References and authorization numbers: easy to say on the telephone, impossible to guess, with a check character
//! that catches a slip. `CN-KZ-7Q3M-9XKD`: the programme, seven random characters, one check character.

/// 31 characters, a prime, without those that look alike (0 O, 1 I L, U V).
const ALPHABET: &[u8; 31] = b"23456789ABCDEFGHJKMNPQRSTWXYZ#*";
/// Characters drawn: the letters and digits of the alphabet, not its two signs.
const DRAWN: u64 = 29;

/// A reference for a case of `programme` from random bytes (29^7 of them: 1.7 × 10¹⁰).
pub fn reference(programme: &str, random: [u8; 8]) -> String {
    let body = body(random, 7);
    format!("{}-{}-{}", programme.to_uppercase(), &body[..4], &body[4..])
}

/// The number of an authorization, longer by four characters so that it is never taken for a reference.
pub fn authorization_number(programme: &str, random: [u8; 8]) -> String {
    let body = body(random, 11);
    let programme: String = programme.chars().filter(char::is_ascii_alphanumeric).collect();
    format!("{}-{}-{}-{}", programme.to_uppercase(), &body[..4], &body[4..8], &body[8..])
}

/// What a person typed, as it is stored, or none if its check character does not fit: case, spaces and dashes
/// do not matter.
pub fn tidy(typed: &str) -> Option<String> {
    let compact: String =
        typed.chars().filter(|c| c.is_ascii_alphanumeric()).collect::<String>().to_uppercase();
    let (programme, body) = compact.split_at_checked(compact.len().checked_sub(8)?)?;
    let well_formed = body.bytes().all(|b| ALPHABET[..DRAWN as usize].contains(&b));
    if programme.is_empty() || !well_formed || !has_check_character(body) {
        return None;
    }
    let programme: Vec<String> =
        programme.as_bytes().chunks(2).map(|two| String::from_utf8_lossy(two).into_owned()).collect();
    Some(format!("{}-{}-{}", programme.join("-"), &body[..4], &body[4..]))
}

/// The number of an authorization as a person typed it, as it is stored, or none if its check character does not fit.
pub fn tidy_number(typed: &str) -> Option<String> {
    let compact: String =
        typed.chars().filter(|c| c.is_ascii_alphanumeric()).collect::<String>().to_uppercase();
    let (programme, body) = compact.split_at_checked(compact.len().checked_sub(12)?)?;
    let well_formed = body.bytes().all(|b| ALPHABET[..DRAWN as usize].contains(&b));
    if programme.is_empty() || !well_formed || !has_check_character(body) {
        return None;
    }
    Some(format!("{programme}-{}-{}-{}", &body[..4], &body[4..8], &body[8..]))
}

/// Draws until the check character is one that can be said: two of 31 cannot.
fn body(random: [u8; 8], length: usize) -> String {
    let mut number = u64::from_be_bytes(random);
    loop {
        let mut rest = number;
        let mut drawn = String::with_capacity(length + 1);
        for _ in 0..length {
            drawn.push(char::from(ALPHABET[(rest % DRAWN) as usize]));
            rest /= DRAWN;
        }
        let check = check_value(&drawn);
        if check < DRAWN {
            drawn.push(char::from(ALPHABET[check as usize]));
            return drawn;
        }
        number = number.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
    }
}

/// Weighted sum modulo 31 (as in ISO/IEC 7064's pure systems): notices every single slip and every swap.
fn check_value(drawn: &str) -> u64 {
    let value = |byte| ALPHABET.iter().position(|b| *b == byte).unwrap_or_default() as u64;
    drawn.bytes().zip(2u64..).map(|(byte, weight)| value(byte) * weight).sum::<u64>() % 31
}

fn has_check_character(body: &str) -> bool {
    let (drawn, check) = body.split_at(body.len() - 1);
    ALPHABET.get(check_value(drawn) as usize).is_some_and(|expected| check.as_bytes() == [*expected])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_number_is_understood_however_it_is_typed(random in any::<[u8; 8]>()) {
            let made = authorization_number("cn-kz", random);
            for typed in [made.clone(), made.to_lowercase(), made.replace('-', ""), format!(" {} ", made.replace('-', " – "))] {
                prop_assert_eq!(tidy_number(&typed), Some(made.clone()));
            }
            prop_assert_eq!(tidy_number(&reference("cn-kz", random)), None);
            let of_other = authorization_number("under_score", random);
            prop_assert_eq!(tidy_number(&of_other), Some(of_other));
        }

        #[test]
        fn what_is_made_is_understood_however_it_is_typed(random in any::<[u8; 8]>()) {
            let made = reference("cn-kz", random);
            prop_assert_eq!(made.len(), 15);
            prop_assert_eq!(tidy(&made.to_lowercase().replace('-', " ")), Some(made));
        }

        #[test]
        fn a_slip_or_a_swap_is_noticed(random in any::<[u8; 8]>(), at in 6usize..10, letter in 0usize..29) {
            let made = reference("cn-kz", random);
            let mut slip = made.clone().into_bytes();
            slip[at] = ALPHABET[letter];
            let slip = String::from_utf8(slip).unwrap();
            prop_assert!(slip == made || tidy(&slip).is_none());
            let mut swap = made.clone().into_bytes();
            swap.swap(at, if at == 9 { 8 } else { at + 1 });
            let swap = String::from_utf8(swap).unwrap();
            prop_assert!(swap == made || tidy(&swap).is_none());
        }
    }
}
