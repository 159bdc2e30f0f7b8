//! Dividing what is whole, and drawing by chance: numbers only.

use crate::sim::hash::{mix, unit};

/// Rounds in which rows and columns are fitted to each other. Sums of rows are exact after any; columns are near after few, and after some
/// dozens where there is but one way to meet them.
const ROUNDS: usize = 30;

/// Fits a matrix to sums (iterative proportional fitting): `cells` are row, column and weight. Rows come out exactly, columns as nearly
/// as both sums agree. A row without a cell is lost.
pub fn fit(cells: &mut [(usize, usize, f64)], (rows, columns): (&[f64], &[f64])) {
    for _ in 0..ROUNDS {
        scale(cells, columns, |cell| cell.1);
        scale(cells, rows, |cell| cell.0);
    }
}

fn scale(cells: &mut [(usize, usize, f64)], wanted: &[f64], place: impl Fn(&(usize, usize, f64)) -> usize) {
    let mut sums = vec![0.0; wanted.len()];
    for cell in cells.iter() {
        if let Some(sum) = sums.get_mut(place(cell)) {
            *sum += cell.2;
        }
    }
    for cell in cells.iter_mut() {
        if let (Some(wanted), Some(sum)) = (wanted.get(place(cell)), sums.get(place(cell))) {
            cell.2 = if *sum > 0.0 { cell.2 * wanted / sum } else { 0.0 };
        }
    }
}

/// Divides a whole number by weights: the parts add up to it exactly.
#[allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "octets of an hour are below 2^53"
)]
pub fn divide(whole: u64, weights: &[f64]) -> Vec<u64> {
    let sum: f64 = weights.iter().sum();
    let (mut given, mut passed) = (0, 0.0);
    weights
        .iter()
        .map(|weight| {
            passed += weight;
            let until = if passed >= sum { whole } else { (whole as f64 * (passed / sum)).floor() as u64 };
            let part = until.max(given).min(whole) - given;
            given += part;
            part
        })
        .collect()
}

/// Above this mean a Poisson distribution is drawn as a normal one: their difference is below what anybody could tell.
const NORMAL_FROM: f64 = 40.0;

/// How many of many were drawn, where `mean` are expected (Poisson).
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "not negative")]
pub fn drawn(mean: f64, key: u64) -> u64 {
    if mean > NORMAL_FROM {
        // Twelve uniform numbers have a variance of one (Irwin and Hall).
        let normal: f64 = (0..12).map(|nth| unit(mix(key, nth))).sum::<f64>() - 6.0;
        return (mean + normal * mean.sqrt()).round().max(0.0) as u64;
    }
    let (limit, mut product, mut count) = ((-mean).exp(), 1.0, 0);
    loop {
        product *= unit(mix(key, count));
        if product <= limit {
            return count;
        }
        count += 1;
    }
}
