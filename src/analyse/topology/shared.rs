//! Work on many parts that don't depend on each other, shared among threads.

/// From so many parts on, threads share the work: below, starting them costs more than they save.
const SHARED: usize = 2048;
/// Threads at most: memory is the bound beyond.
const MAX_THREADS: usize = 4;

/// Does the same with each, and keeps the order.
pub(super) fn shared_out<T: Sync, R: Send>(parts: &[T], does: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let threads =
        if parts.len() < SHARED { 1 } else { std::thread::available_parallelism().map_or(1, usize::from).min(MAX_THREADS) };
    let mut shares = parts.chunks(parts.len().div_ceil(threads).max(1));
    let own = shares.next().unwrap_or_default();
    let does = &does;
    std::thread::scope(|scope| {
        let others: Vec<_> =
            shares.map(|share| (share, scope.spawn(move || share.iter().map(does).collect::<Vec<R>>()))).collect();
        let mut done: Vec<R> = own.iter().map(does).collect();
        for (share, thread) in others {
            // A thread that could not end leaves its share to this one.
            done.extend(thread.join().unwrap_or_else(|_| share.iter().map(does).collect()));
        }
        done
    })
}
