//! Number-theoretic transforms with cached roots, and polynomial division, over F_r.

use std::sync::{Arc, PoisonError, RwLock};

use ark_bn254::Fr;
use ark_ff::{AdditiveGroup, FftField, Field, Zero};
use rayon::prelude::*;

use crate::fault::{Fault, same_length};
use crate::field::{GRAIN, powers, zip_with};

/// Blocks above this length are halved between threads; smaller ones stay in one core's cache.
const SEQUENTIAL_LENGTH: usize = 1 << 11;

/// `roots[h + j]` = w^j with w of order 2h, for every power of two h: one table for all sizes.
static ROOTS: RwLock<Option<Arc<Vec<Fr>>>> = RwLock::new(None);

pub fn require_domain(size: usize) -> Result<(), Fault> {
    if size.is_power_of_two() && size.ilog2() <= Fr::TWO_ADICITY {
        return Ok(());
    }
    Err(Fault::Length(format!("{size} values do not fill a domain; the length is a power of two up to 2^28")))
}

/// 5^((r-1)/size): arkworks' two-adic root is 5^((r-1)/2^28).
fn root_of_unity(size: usize) -> Fr {
    let mut root = Fr::TWO_ADIC_ROOT_OF_UNITY;
    for _ in size.ilog2()..Fr::TWO_ADICITY {
        root.square_in_place();
    }
    root
}

/// The table for transforms of `size` values or fewer.
pub fn roots(size: usize) -> Arc<Vec<Fr>> {
    let cached = ROOTS.read().unwrap_or_else(PoisonError::into_inner).clone();
    if let Some(table) = cached.filter(|table| table.len() >= size) {
        return table;
    }
    let mut table = vec![Fr::ONE];
    let mut half = 1;
    while half < size {
        table.extend(powers(root_of_unity(2 * half), half, Fr::ONE));
        half *= 2;
    }
    let table = Arc::new(table);
    *ROOTS.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&table));
    table
}

/// Coefficients to values on H in natural order (Cooley-Tukey, decimation in time).
pub fn forward(mut values: Vec<Fr>) -> Result<Vec<Fr>, Fault> {
    require_domain(values.len())?;
    reverse_bits(&mut values);
    let table = roots(values.len());
    butterflies(&mut values, &table);
    Ok(values)
}

/// Values on H to coefficients: the forward transform read backwards, over n.
pub fn inverse(values: Vec<Fr>) -> Result<Vec<Fr>, Fault> {
    let mut values = forward(values)?;
    values[1..].reverse();
    let scale = Fr::from(values.len() as u64).inverse().unwrap_or_default();
    values.par_iter_mut().with_min_len(GRAIN).for_each(|value| *value *= scale);
    Ok(values)
}

pub fn reverse_bits<T>(values: &mut [T]) {
    let bits = values.len().ilog2();
    if bits == 0 {
        return;
    }
    for i in 0..values.len() {
        let j = i.reverse_bits() >> (usize::BITS - bits);
        if i < j {
            values.swap(i, j);
        }
    }
}

fn butterflies(values: &mut [Fr], table: &[Fr]) {
    let half = values.len() / 2;
    if values.len() > SEQUENTIAL_LENGTH {
        let (low, high) = values.split_at_mut(half);
        rayon::join(|| butterflies(low, table), || butterflies(high, table));
        low.par_iter_mut()
            .zip(high)
            .zip(&table[half..2 * half])
            .with_min_len(SEQUENTIAL_LENGTH / 2)
            .for_each(|((low, high), root)| butterfly(low, high, root));
        return;
    }
    let mut half = 1;
    while half < values.len() {
        for block in values.chunks_exact_mut(2 * half) {
            let (low, high) = block.split_at_mut(half);
            for ((low, high), root) in low.iter_mut().zip(high).zip(&table[half..2 * half]) {
                butterfly(low, high, root);
            }
        }
        half *= 2;
    }
}

fn butterfly(low: &mut Fr, high: &mut Fr, root: &Fr) {
    let odd = *high * root;
    *high = *low - odd;
    *low += odd;
}

pub fn evaluate(coefficients: &[Fr], x: Fr) -> Fr {
    coefficients.iter().rev().fold(Fr::ZERO, |value, c| value * x + c)
}

/// Coefficients of (f(X) - f(z)) / (X - z) by synthetic division.
pub fn divide_linear(coefficients: &[Fr], z: Fr) -> Result<Vec<Fr>, Fault> {
    let Some((_, upper)) = coefficients.split_first() else {
        return Err(Fault::Length(
            "an empty coefficient vector cannot be divided; pass at least one scalar".into(),
        ));
    };
    let mut result = upper.to_vec();
    let mut carry = Fr::ZERO;
    for value in result.iter_mut().rev() {
        carry = carry * z + *value;
        *value = carry;
    }
    Ok(result)
}

/// The n-1 coefficients of (a*b - c) / (X^n - 1) from values on H, by six transforms.
///
/// On the coset g*H, X^n - 1 is the constant g^n - 1, so h = (a*b - c) / (g^n - 1) there; c has
/// degree below n, so it is subtracted as coefficients and needs no transform to the coset.
pub fn quotient(a: Vec<Fr>, b: Vec<Fr>, c: Vec<Fr>) -> Result<Vec<Fr>, Fault> {
    let n = a.len();
    same_length(n, b.len())?;
    same_length(n, c.len())?;
    require_domain(n)?;
    let rows = a.par_iter().zip(&b).zip(&c).with_min_len(GRAIN);
    if let Some(row) = rows.position_first(|((x, y), z)| *x * y != *z) {
        return Err(Fault::Remainder(row));
    }
    let shift = powers(Fr::GENERATOR, n, Fr::ONE);
    let on_coset = |values: Vec<Fr>| -> Result<Vec<Fr>, Fault> {
        let mut coefficients = inverse(values)?;
        let shifted = coefficients.par_iter_mut().zip(&shift).with_min_len(GRAIN);
        shifted.for_each(|(value, power)| *value *= power);
        forward(coefficients)
    };
    let ((left, right), out) = rayon::join(|| rayon::join(|| on_coset(a), || on_coset(b)), || inverse(c));
    let product = zip_with(&left?, &right?, |x, y| x * y)?;
    let vanishing = Fr::GENERATOR.pow([n as u64]) - Fr::ONE;
    // GENERATOR is not in H, so g^n is not 1.
    let scale = vanishing.inverse().unwrap_or_default();
    let generator_inverse = Fr::GENERATOR.inverse().unwrap_or_default();
    let unshift = powers(generator_inverse, n, scale);
    let mut h: Vec<Fr> = inverse(product)?
        .par_iter()
        .zip(&unshift)
        .zip(&out?)
        .with_min_len(GRAIN)
        .map(|((x, power), z)| *x * power - *z * scale)
        .collect();
    debug_assert!(h.last().is_none_or(Fr::is_zero));
    h.pop();
    Ok(h)
}
