//! The kernel against naive arithmetic, below the Python border. What Python sees is tested by
//! `tests/conformance`, on this backend and on py_ecc alike.

mod codec;
mod msm;
mod ntt;
mod pairing;

use ark_bn254::Fr;
use ark_ec::short_weierstrass::{Affine, Projective};
use ark_ec::{AffineRepr, CurveGroup, PrimeGroup};
use ark_ff::{BigInt, Field, PrimeField};

use crate::codec::Curve;

/// `count` field elements that look random and are the same in every run: powers of 7^(seed + 100).
fn scalars(seed: u64, count: usize) -> Vec<Fr> {
    let base = Fr::from(7u64).pow([seed + 100]);
    (1..=count).map(|i| base.pow([i as u64])).collect()
}

/// The generator times each of `scalars(seed, count)`.
fn points<C: Curve>(seed: u64, count: usize) -> Vec<Affine<C>> {
    let generator = Projective::<C>::generator();
    let multiples: Vec<_> = scalars(seed, count).into_iter().map(|scalar| generator * scalar).collect();
    Projective::normalize_batch(&multiples)
}

/// Sum of scalars[i] * points[i], one doubling and addition after the other.
fn naive_sum<C: Curve>(points: &[Affine<C>], scalars: &[BigInt<4>]) -> Affine<C> {
    points
        .iter()
        .zip(scalars)
        .map(|(point, scalar)| point.mul_bigint(scalar))
        .sum::<Projective<C>>()
        .into_affine()
}

fn integers(values: &[Fr]) -> Vec<BigInt<4>> {
    values.iter().map(|value| value.into_bigint()).collect()
}
