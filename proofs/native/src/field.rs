//! Element-wise operations on vectors of scalars.

use ark_bn254::Fr;
use ark_ff::{Field, Zero};
use rayon::prelude::*;

use crate::fault::{Fault, same_length};

/// Elements that a thread takes at least.
pub const GRAIN: usize = 1 << 11;

/// `op(a[i], b[i])` for every i.
pub fn zip_with(a: &[Fr], b: &[Fr], op: impl Fn(Fr, Fr) -> Fr + Sync) -> Result<Vec<Fr>, Fault> {
    same_length(a.len(), b.len())?;
    Ok(a.par_iter().zip(b).with_min_len(GRAIN).map(|(&x, &y)| op(x, y)).collect())
}

pub fn inner(a: &[Fr], b: &[Fr]) -> Result<Fr, Fault> {
    same_length(a.len(), b.len())?;
    Ok(a.par_iter().zip(b).with_min_len(GRAIN).map(|(&x, &y)| x * y).sum())
}

/// Sum of `coefficients[j] * vectors[j]`.
pub fn combine(vectors: &[Vec<Fr>], coefficients: &[Fr]) -> Result<Vec<Fr>, Fault> {
    same_length(vectors.len(), coefficients.len())?;
    let length = vectors.first().map_or(0, Vec::len);
    for vector in vectors {
        same_length(length, vector.len())?;
    }
    let row = |i: usize| vectors.iter().zip(coefficients).map(|(vector, &k)| k * vector[i]).sum();
    Ok((0..length).into_par_iter().with_min_len(GRAIN).map(row).collect())
}

/// `start * x^i` for i < n.
pub fn powers(x: Fr, n: usize, start: Fr) -> Vec<Fr> {
    let mut result = vec![start; n];
    result.par_chunks_mut(GRAIN).enumerate().for_each(|(chunk, part)| {
        let mut value = start * x.pow([(chunk * GRAIN) as u64]);
        for power in part {
            *power = value;
            value *= x;
        }
    });
    result
}

/// Inverts every element with one inversion (Montgomery's trick); zeros stay zero.
pub fn batch_invert<F: Field>(values: &mut [F], prefixes: &mut Vec<F>) {
    prefixes.clear();
    let mut product = F::one();
    for value in values.iter() {
        prefixes.push(product);
        if !value.is_zero() {
            product *= value;
        }
    }
    let Some(mut inverse) = product.inverse() else {
        return;
    };
    for (value, prefix) in values.iter_mut().zip(prefixes.iter()).rev() {
        if !value.is_zero() {
            let next = inverse * *value;
            *value = inverse * prefix;
            inverse = next;
        }
    }
}

pub fn inverses(mut values: Vec<Fr>) -> Result<Vec<Fr>, Fault> {
    if let Some(index) = values.iter().position(Fr::is_zero) {
        return Err(Fault::Zero(index));
    }
    batch_invert(&mut values, &mut Vec::new());
    Ok(values)
}
