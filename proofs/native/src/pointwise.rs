//! Operations on lists of points, element by element, and the inverse transform of points.

use ark_bn254::Fr;
use ark_ec::short_weierstrass::{Affine, Projective};
use ark_ec::{AffineRepr, CurveGroup};
use ark_ff::Field;
use rayon::prelude::*;

use crate::codec::Curve;
use crate::fault::{Fault, same_length};
use crate::ntt::{require_domain, reverse_bits, roots};

/// Blocks above this length are halved between threads: a point takes some 50 microseconds.
const SEQUENTIAL_LENGTH: usize = 1 << 4;

/// Points that a thread takes at a time where each costs one addition.
const GRAIN: usize = 512;

/// `a[i] + b[i]` for every i.
pub fn add<C: Curve>(a: &[Affine<C>], b: &[Affine<C>]) -> Result<Vec<Affine<C>>, Fault> {
    same_length(a.len(), b.len())?;
    let sums: Vec<Projective<C>> =
        a.par_iter().zip(b).with_min_len(GRAIN).map(|(x, y)| x.into_group() + y).collect();
    Ok(Projective::normalize_batch(&sums))
}

/// `k * points[i]` for every i.
pub fn scale<C: Curve>(points: &[Affine<C>], k: Fr) -> Vec<Affine<C>> {
    let scaled: Vec<Projective<C>> = points.par_iter().map(|point| *point * k).collect();
    Projective::normalize_batch(&scaled)
}

/// `scalars[i] * points[i]` for every i.
pub fn multiply<C: Curve>(points: &[Affine<C>], scalars: &[Fr]) -> Result<Vec<Affine<C>>, Fault> {
    same_length(points.len(), scalars.len())?;
    let products: Vec<Projective<C>> = points.par_iter().zip(scalars).map(|(p, k)| *p * k).collect();
    Ok(Projective::normalize_batch(&products))
}

/// `[tau^i]` to `[L_i(tau)]`: the sum of w^(-ij) / n times point j, for every i. As `ntt::inverse`.
pub fn lagrange<C: Curve>(powers: &[Affine<C>]) -> Result<Vec<Affine<C>>, Fault> {
    require_domain(powers.len())?;
    let mut values: Vec<Projective<C>> = powers.iter().map(|point| point.into_group()).collect();
    reverse_bits(&mut values);
    butterflies(&mut values, &roots(powers.len()));
    values[1..].reverse();
    let scale = Fr::from(powers.len() as u64).inverse().unwrap_or_default();
    values.par_iter_mut().for_each(|value| *value *= scale);
    Ok(Projective::normalize_batch(&values))
}

fn butterflies<C: Curve>(values: &mut [Projective<C>], table: &[Fr]) {
    let half = values.len() / 2;
    if half == 0 {
        return;
    }
    let (low, high) = values.split_at_mut(half);
    if half > SEQUENTIAL_LENGTH {
        rayon::join(|| butterflies(low, table), || butterflies(high, table));
    } else {
        butterflies(low, table);
        butterflies(high, table);
    }
    low.par_iter_mut()
        .zip(high)
        .zip(&table[half..2 * half])
        .with_min_len(SEQUENTIAL_LENGTH)
        .for_each(|((low, high), root)| butterfly(low, high, root));
}

fn butterfly<C: Curve>(low: &mut Projective<C>, high: &mut Projective<C>, root: &Fr) {
    let odd = if *root == Fr::ONE { *high } else { *high * root };
    *high = *low - odd;
    *low += odd;
}
