//! Many independent things at once: the one place with threads, for whoever is above.

use rayon::prelude::*;

/// Why nothing can be done in parallel: the system gives no threads.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct ThreadsError(#[from] rayon::ThreadPoolBuildError);

/// Does each of `items`, started in their order, on so many threads; 0: as many as the machine has cores. What comes out
/// is in the order of `items`, whatever was finished first.
///
/// # Errors
/// Where the system gives no threads.
pub fn in_parallel<T: Send, R: Send>(
    threads: usize,
    items: Vec<T>,
    work: impl Fn(T) -> R + Sync,
) -> Result<Vec<R>, ThreadsError> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build()?;
    let numbered = |(index, item)| (index, work(item));
    let mut done: Vec<(usize, R)> = pool.install(|| items.into_iter().enumerate().par_bridge().map(numbered).collect());
    // The bridge hands items out one at a time, which suits work of unequal length, and forgets their order.
    done.sort_by_key(|(index, _)| *index);
    Ok(done.into_iter().map(|(_, result)| result).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_the_order_of_what_was_asked() {
        for threads in [1, 2, 8] {
            let squares = in_parallel(threads, (0..100_u64).collect(), |n| n * n).expect("there are threads");
            assert_eq!(squares, (0..100).map(|n| n * n).collect::<Vec<_>>());
        }
    }
}
