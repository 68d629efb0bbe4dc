//! Multi-scalar multiplication: Pippenger's buckets with signed digits and batched affine addition.
//!
//! Bucket method: Bernstein-Doumen-Lange-Oosterwijk, INDOCRYPT 2012. A scalar k > r/2 counts as
//! -(r-k) with the point negated, and windows reach only to the longest scalar that is there, so
//! columns of small signed integers are fast. For points of G2 outside the subgroup of order r the
//! result of such a negated scalar is unspecified.

use ark_bn254::Fr;
use ark_ec::short_weierstrass::{Affine, Projective};
use ark_ec::{AffineRepr, CurveGroup};
use ark_ff::{AdditiveGroup, BigInt, BigInteger, PrimeField, Zero};
use rayon::prelude::*;

use crate::buckets::Buckets;
use crate::codec::Curve;
use crate::fault::{Fault, same_length};

/// Costs in field multiplications: an affine addition in a batch, a bucket's part of the weighted
/// sum, an inversion.
const BATCHED_ADD: usize = 6;
const WEIGHTING: usize = 14;
const INVERSION: usize = 250;

/// Fewer terms than this are not worth a second thread for the same window.
const MIN_CHUNK: usize = 512;

const MAX_WIDTH: usize = 16;

/// A point, its scalar as sign and size, and the size once its window digits are balanced.
struct Term<'a, C: Curve> {
    point: &'a Affine<C>,
    is_negative: bool,
    size: BigInt<4>,
    balanced: [u64; 5],
}

/// Sum of all points.
pub fn sum<C: Curve>(points: &[Affine<C>]) -> Affine<C> {
    let chunk = points.len().div_ceil(rayon::current_num_threads()).max(MIN_CHUNK);
    points
        .par_chunks(chunk)
        .map(|part| {
            let entries = part.iter().filter(|point| !point.is_zero()).map(|point| (0, *point));
            Buckets::fill(1, entries).weighted_sum()
        })
        .sum::<Projective<C>>()
        .into_affine()
}

/// Sum of scalars[i] * points[i]; scalars are integers below r.
pub fn multiply_sum<C: Curve>(points: &[Affine<C>], scalars: &[BigInt<4>]) -> Result<Affine<C>, Fault> {
    same_length(points.len(), scalars.len())?;
    let mut terms: Vec<_> = points.iter().zip(scalars).filter_map(Term::new).collect();
    let bits = terms.iter().map(|term| term.size.num_bits()).max().unwrap_or(0);
    if bits == 0 {
        return Ok(Affine::identity());
    }
    let width = best_width(terms.len(), bits);
    let windows = window_count(bits, width);
    terms.iter_mut().for_each(|term| term.balance(width, windows));
    let parts = (2 * rayon::current_num_threads()).div_ceil(windows);
    let chunk = terms.len().div_ceil(parts).max(MIN_CHUNK);
    let sums: Vec<Projective<C>> = (0..windows)
        .into_par_iter()
        .map(|window| terms.par_chunks(chunk).map(|part| window_sum(part, window, width)).sum())
        .collect();
    let total = sums.iter().rev().fold(Projective::zero(), |mut total: Projective<C>, sum| {
        for _ in 0..width {
            total.double_in_place();
        }
        total + sum
    });
    Ok(total.into_affine())
}

/// Sum over the terms of (digit of this window) * point.
fn window_sum<C: Curve>(terms: &[Term<'_, C>], window: usize, width: usize) -> Projective<C> {
    let entries = terms.iter().filter_map(|term| {
        let digit = term.digit(window, width);
        let bucket = digit.unsigned_abs().checked_sub(1)?;
        Some((bucket, if digit < 0 { -*term.point } else { *term.point }))
    });
    Buckets::fill(1 << (width - 1), entries).weighted_sum()
}

impl<'a, C: Curve> Term<'a, C> {
    /// `None` where the product is infinity.
    fn new((point, scalar): (&'a Affine<C>, &BigInt<4>)) -> Option<Self> {
        if scalar.is_zero() || point.is_zero() {
            return None;
        }
        let is_negative = *scalar > Fr::MODULUS_MINUS_ONE_DIV_TWO;
        let mut size = *scalar;
        if is_negative {
            size = Fr::MODULUS;
            size.sub_with_borrow(scalar);
        }
        Some(Self { point, is_negative, size, balanced: [0; 5] })
    }

    /// Adds 2^(width-1) - 1 in every window: a digit is then its window's bits less that number, in
    /// (-2^(width-1), 2^(width-1)], and needs no carry from the windows below. The sum does not
    /// leave the windows, because the size lacks the top bit of the top window.
    fn balance(&mut self, width: usize, windows: usize) {
        let mut offsets = [0u64; 5];
        for window in 0..windows {
            let (limb, shift) = (window * width / 64, window * width % 64);
            let offset = ((1u128 << (width - 1)) - 1) << shift;
            offsets[limb] |= offset as u64;
            if let Some(next) = offsets.get_mut(limb + 1) {
                *next |= (offset >> 64) as u64;
            }
        }
        let mut carry = 0;
        for (i, limb) in self.balanced.iter_mut().enumerate() {
            let size = self.size.0.get(i).copied().unwrap_or(0);
            let sum = u128::from(size) + u128::from(offsets[i]) + carry;
            *limb = sum as u64;
            carry = sum >> 64;
        }
    }

    fn digit(&self, window: usize, width: usize) -> isize {
        let (limb, shift) = (window * width / 64, window * width % 64);
        let next = self.balanced.get(limb + 1).copied().unwrap_or(0);
        let bits = (u128::from(next) << 64 | u128::from(self.balanced[limb])) >> shift;
        let digit = (bits as isize & ((1 << width) - 1)) - ((1 << (width - 1)) - 1);
        if self.is_negative { -digit } else { digit }
    }
}

fn window_count(bits: u32, width: usize) -> usize {
    // One spare bit, so that the highest digit is not above 2^(width-1) either.
    (bits as usize + 1).div_ceil(width)
}

fn best_width(count: usize, bits: u32) -> usize {
    let rounds = 1 + count.ilog2() as usize;
    let cost = |width: &usize| {
        let window = count * BATCHED_ADD + (WEIGHTING << (width - 1)) + rounds * INVERSION;
        window_count(bits, *width) * window
    };
    (2..=MAX_WIDTH).min_by_key(cost).unwrap_or(MAX_WIDTH)
}
