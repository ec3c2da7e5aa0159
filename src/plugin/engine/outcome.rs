//! What an operation returned becomes what Terraform may store.

use super::core::provider_bug;
use super::equality::keep_old;
use super::planning::{is_timeouts, null_write_only};
use super::values::{member, unknown_paths, without_unknowns};
use crate::plugin::diagnostics::Diagnostics;
use crate::plugin::schema::{Block, SchemaData};
use crate::plugin::value::Dynamic;

/// A state that can be stored, and what was wrong with it.
pub(super) struct Finished {
    pub(super) state: Dynamic,
    pub(super) errors: Diagnostics,
}

/// Makes the state that an operation returned fit to be stored: text that means the same as before
/// stays, write-only values go, and unknowns become null, each with an error that says `after`
/// what it should have been known.
pub(super) fn finish(
    data: &SchemaData,
    expected: &Dynamic,
    returned: Dynamic,
    after: &str,
) -> Finished {
    let state = tidy(&data.block, expected, returned);
    let mut errors = Diagnostics::new();
    for path in unknown_paths(&state) {
        errors.push(provider_bug(format!("`{path}` is not known after {after}")).at(path));
    }
    Finished {
        state: without_unknowns(&data.block, state),
        errors,
    }
}

/// The same for an operation that failed: what is not known yet is null, without another error.
pub(super) fn salvage(data: &SchemaData, expected: &Dynamic, recorded: Dynamic) -> Dynamic {
    without_unknowns(&data.block, tidy(&data.block, expected, recorded))
}

fn tidy(block: &Block, expected: &Dynamic, returned: Dynamic) -> Dynamic {
    let parts = block.into();
    let mut state = null_write_only(parts, keep_old(parts, expected, returned));
    // What no API knows of is what it was, where the author's mapping from the API left it out.
    if let (Dynamic::Object(members), Dynamic::Object(_)) = (&mut state, expected) {
        for (name, value) in members {
            let local = block
                .attribute(name)
                .is_some_and(|attribute| attribute.modifiers.local);
            let expected = member(expected, name);
            if value.is_null() && (local || is_timeouts(block, name)) && expected.is_wholly_known()
            {
                *value = expected.clone();
            }
        }
    }
    state
}
