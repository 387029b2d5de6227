//! Panics of policies, caught with their place.

use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::sync::Once;

use dapple_simulator::panics::message;

thread_local! {
    /// Whether a panic of this thread is caught and told by [`caught`].
    static IS_CAUGHT: Cell<bool> = const { Cell::new(false) };
    /// Where this thread panicked.
    static PLACE: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// What comes out, or what a panic said and where: `lost the thread, at src/mine.rs:12:9`. Nothing is printed of it, so that
/// no line of a program is torn.
pub fn caught<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let others = take_hook();
        set_hook(Box::new(move |panic| {
            if IS_CAUGHT.get() {
                PLACE.set(panic.location().map(ToString::to_string));
            } else {
                others(panic);
            }
        }));
    });
    IS_CAUGHT.set(true);
    let done = catch_unwind(AssertUnwindSafe(work));
    IS_CAUGHT.set(false);
    done.map_err(|panic| {
        let place = PLACE.take().map_or(String::new(), |place| format!(", at {place}"));
        format!("{}{place}", message(&*panic))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_told_with_its_place() {
        assert_eq!(caught(|| 3), Ok(3));
        let told = caught(|| panic!("lost {}", "it")).map(|()| 3).expect_err("it panics");
        let line = line!() - 1;
        assert!(told.starts_with("lost it, at ") && told.contains(&format!("panics.rs:{line}:")), "{told}");
    }
}
