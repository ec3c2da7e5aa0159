//! The services' ways of handing out long lists.
//!
//! RAM: `Marker` and `MaxItems`; the marker is opaque, and is the last name of the page inside.
//! IMM: `NextToken` and `MaxResults`; the token is the name that the next page begins with.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::failure::{Failure, Result};

/// Page size where none is asked for, of both services.
const USUAL: i64 = 100;

/// One page of a list in the order of names, RAM's way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Page {
    /// The page begins after this name; empty: at the beginning.
    pub(crate) after: String,
    /// How many items it holds.
    pub(crate) size: usize,
}

impl Page {
    /// The page that the parameters ask for.
    pub(crate) fn asked(marker: Option<&str>, size: Option<i64>, most: i64) -> Result<Self> {
        let size = size.unwrap_or(USUAL);
        if !(1..=most).contains(&size) {
            return Err(Failure::ours(
                400,
                "InvalidParameter.MaxItems",
                format_args!("The parameter MaxItems is not between 1 and {most}."),
            ));
        }
        Ok(Self {
            after: open(marker, "Marker")?,
            size: usize::try_from(size).unwrap_or(1),
        })
    }

    /// How many rows to read: one more than is shown tells whether there are more.
    pub(crate) fn rows(&self) -> i64 {
        i64::try_from(self.size).map_or(i64::MAX, |size| size.saturating_add(1))
    }

    /// Cuts the extra row off, and tells whether there was one.
    pub(crate) fn cut<T>(&self, rows: &mut Vec<T>) -> bool {
        let more = rows.len() > self.size;
        rows.truncate(self.size);
        more
    }
}

/// Reads an opaque marker; an absent or empty one is the beginning.
pub(crate) fn open(marker: Option<&str>, parameter: &str) -> Result<String> {
    let Some(marker) = marker.filter(|marker| !marker.is_empty()) else {
        return Ok(String::new());
    };
    URL_SAFE_NO_PAD
        .decode(marker)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .ok_or_else(|| {
            Failure::ours(
                400,
                format!("InvalidParameter.{parameter}"),
                format_args!("The parameter {parameter} was not made by this service."),
            )
        })
}

/// Makes an opaque marker out of the last name of a page.
pub(crate) fn seal(last: &str) -> String {
    URL_SAFE_NO_PAD.encode(last)
}

/// IMM's page size: absent or 0 means 100.
pub(crate) fn results(size: Option<i64>, most: i64) -> Result<usize> {
    let size = match size {
        None | Some(0) => USUAL,
        Some(size) => size,
    };
    if !(1..=most).contains(&size) {
        return Err(super::imm::invalid("MaxResults"));
    }
    Ok(usize::try_from(size).unwrap_or(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_bounded_and_markers_come_back() {
        assert_eq!(Page::asked(None, None, 1000).unwrap().size, 100);
        let page = Page::asked(Some(&seal("role-7")), Some(2), 1000).unwrap();
        assert_eq!((page.after.as_str(), page.size), ("role-7", 2));
        for size in [0, -1, 1001] {
            let failure = Page::asked(None, Some(size), 1000).unwrap_err();
            assert_eq!(failure.code, "InvalidParameter.MaxItems");
        }
        let failure = Page::asked(Some("*"), None, 1000).unwrap_err();
        assert_eq!(failure.code, "InvalidParameter.Marker");

        let mut rows = vec![1, 2, 3];
        assert!(page.cut(&mut rows));
        assert_eq!(rows, [1, 2]);
        assert!(!page.cut(&mut rows));
    }

    #[test]
    fn imm_takes_zero_for_the_usual_size() {
        assert_eq!(results(None, 200).unwrap(), 100);
        assert_eq!(results(Some(0), 200).unwrap(), 100);
        assert_eq!(results(Some(200), 200).unwrap(), 200);
        assert_eq!(
            results(Some(201), 200).unwrap_err().code,
            "InvalidMaxResults"
        );
    }
}
