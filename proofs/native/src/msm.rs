//! Multi-scalar multiplication: Pippenger's buckets with signed digits, batched affine addition, and
//! tables for fixed bases.
//!
//! Bucket method: Bernstein-Doumen-Lange-Oosterwijk, INDOCRYPT 2012. A scalar k > r/2 counts as
//! -(r-k) with the point negated, and windows reach only to the longest scalar that is there, so
//! columns of small signed integers are fast. With a table of 2^(j * stride) times every point (Brickell
//! and others, EUROCRYPT 1992), windows at the same place of every level share their buckets, so there
//! are fewer buckets to empty and wider windows pay. For points of G2 outside the subgroup of order r
//! the result of a negated scalar is unspecified.

use ark_bn254::Fr;
use ark_ec::CurveGroup;
use ark_ec::short_weierstrass::{Affine, Projective};
use ark_ff::{AdditiveGroup, BigInt, BigInteger, PrimeField, Zero};
use rayon::prelude::*;

use crate::buckets::Buckets;
use crate::codec::Curve;
use crate::fault::{Fault, same_length};
use crate::packed::{COVERED_BITS, Packed, Run, stride};
use crate::straus;

/// Costs in field multiplications: an affine addition in a batch, a bucket's part of the weighted
/// sum, an inversion.
const BATCHED_ADD: usize = 6;
const WEIGHTING: usize = 14;
const INVERSION: usize = 250;

/// Fewer terms than this are not worth a second thread for the same window.
const MIN_CHUNK: usize = 512;

/// Fewer terms than this are not worth doublings of their own on a second thread.
const MIN_STRAUS: usize = 8;

const MAX_WIDTH: usize = 18;

/// More levels must save this part of the cost to be worth their memory: one in 50.
const WORTHWHILE: usize = 50;

/// A scalar by its sign and its size once the window digits are balanced.
struct Term {
    is_negative: bool,
    size: BigInt<4>,
    balanced: [u64; 5],
}

/// Where the digits of a scalar lie: in each of `levels` strides, `groups` windows of `width` bits, the
/// last one of a stride narrower.
#[derive(Clone, Copy)]
struct Plan {
    covered: usize,
    stride: usize,
    levels: usize,
    groups: usize,
    width: usize,
    parts: usize,
}

/// Sum of all points.
pub fn sum<C: Curve>(points: &[Affine<C>]) -> Affine<C> {
    let chunk = points.len().div_ceil(rayon::current_num_threads()).max(MIN_CHUNK);
    points
        .par_chunks(chunk)
        .map(|part| {
            let names = 0..part.len() as u32;
            Buckets::fill(1, &vec![1; part.len()], names, |at| part[at as usize]).weighted_sum()
        })
        .sum::<Projective<C>>()
        .into_affine()
}

/// Sum of scalars[i] * points[i] for points of the moment.
pub fn multiply_sum<C: Curve>(points: &[Affine<C>], scalars: &[BigInt<4>]) -> Result<Affine<C>, Fault> {
    multiply_sum_of(&Packed::new(points).all(), scalars)
}

/// Sum of scalars[i] * points[i]; scalars are integers below r.
pub fn multiply_sum_of<C: Curve>(points: &Run<'_, C>, scalars: &[BigInt<4>]) -> Result<Affine<C>, Fault> {
    same_length(points.len, scalars.len())?;
    let mut terms: Vec<_> = scalars.par_iter().with_min_len(MIN_CHUNK).map(Term::new).collect();
    let bits = terms.iter().map(|term| term.size.num_bits()).max().unwrap_or(0);
    if bits == 0 {
        return Ok(Affine::identity());
    }
    let plan = Plan::cheapest(terms.len(), bits as usize, points.levels());
    if straus::cost(terms.len(), bits as usize) < plan.cost(terms.len()) {
        return Ok(few(points, &terms).into_affine());
    }
    let offsets = plan.offsets();
    terms.par_iter_mut().with_min_len(MIN_CHUNK).for_each(|term| term.balance(&offsets));
    let chunk = terms.len().div_ceil(plan.parts).max(MIN_CHUNK);
    let sums: Vec<Projective<C>> = (0..plan.groups)
        .into_par_iter()
        .map(|group| {
            let parts = terms.par_chunks(chunk).enumerate();
            parts.map(|(i, part)| group_sum(&points.part(i * chunk, part.len()), part, &plan, group)).sum()
        })
        .collect();
    let total = sums.iter().rev().fold(Projective::zero(), |mut total: Projective<C>, sum| {
        for _ in 0..plan.width {
            total.double_in_place();
        }
        total + sum
    });
    Ok(total.into_affine())
}

/// The sum by Straus' method.
fn few<C: Curve>(points: &Run<'_, C>, terms: &[Term]) -> Projective<C> {
    let named: Vec<_> = points
        .names(0)
        .zip(terms)
        .map(|(name, term)| (points.named(name), term.size, term.is_negative))
        .collect();
    let share = named.len().div_ceil(rayon::current_num_threads()).max(MIN_STRAUS);
    named.par_chunks(share).map(straus::multiply_sum).sum()
}

/// Sum over terms and levels of (digit of the group's window) * (point of the level).
fn group_sum<C: Curve>(points: &Run<'_, C>, terms: &[Term], plan: &Plan, group: usize) -> Projective<C> {
    let mut digits = Vec::with_capacity(plan.levels * terms.len());
    for level in 0..plan.levels {
        match plan.window(level, group) {
            Some((position, width)) => digits.extend(terms.iter().map(|term| term.digit(position, width))),
            None => break,
        }
    }
    let names = (0..plan.levels).flat_map(|level| points.names(level));
    Buckets::fill(1 << (plan.width - 1), &digits, names, |name| points.named(name)).weighted_sum()
}

impl Plan {
    fn new(count: usize, bits: usize, table: usize, groups: usize) -> Self {
        // One spare bit, so that the highest digit is not above half a window either.
        let (covered, stride) = (bits + 1, stride(table).min(bits + 1));
        let width = stride.div_ceil(groups);
        let threads = rayon::current_num_threads();
        let most = count.div_ceil(MIN_CHUNK).max(1);
        let balanced =
            |parts: &usize| groups * parts >= 4 * threads || (groups * parts).is_multiple_of(threads);
        let parts = (1..=most).find(balanced).unwrap_or(most);
        Self { covered, stride, levels: covered.div_ceil(stride), groups, width, parts }
    }

    fn cheapest(count: usize, bits: usize, table: usize) -> Self {
        let stride = stride(table).min(bits + 1);
        (stride.div_ceil(MAX_WIDTH)..=stride.div_ceil(2))
            .map(|groups| Self::new(count, bits, table, groups))
            .min_by_key(|plan| plan.cost(count))
            .unwrap_or_else(|| Self::new(count, bits, table, 1))
    }

    /// In field multiplications.
    fn cost(&self, count: usize) -> usize {
        let additions = self.covered.div_ceil(self.width).max(self.levels) * count * BATCHED_ADD;
        let rounds = 1 + count.ilog2() as usize;
        additions + self.groups * self.parts * ((WEIGHTING << (self.width - 1)) + rounds * INVERSION)
    }

    /// Position and width of the window of a level and a group; `None` beyond the longest scalar.
    fn window(&self, level: usize, group: usize) -> Option<(usize, usize)> {
        let within = group * self.width;
        let position = level * self.stride + within;
        (within < self.stride && position < self.covered)
            .then(|| (position, self.width.min(self.stride - within)))
    }

    /// 2^(width-1) - 1 in every window.
    fn offsets(&self) -> [u64; 5] {
        let mut offsets = [0u64; 5];
        let places = (0..self.levels).flat_map(|level| (0..self.groups).map(move |group| (level, group)));
        for (position, width) in places.filter_map(|(level, group)| self.window(level, group)) {
            let (limb, shift) = (position / 64, position % 64);
            let offset = ((1u128 << (width - 1)) - 1) << shift;
            offsets[limb] |= offset as u64;
            if let Some(next) = offsets.get_mut(limb + 1) {
                *next |= (offset >> 64) as u64;
            }
        }
        offsets
    }
}

/// How many levels of a table pay for bases of this many points, if there may be `most`.
pub fn worthwhile_levels(count: usize, most: usize) -> usize {
    let cost = |levels: usize| Plan::cheapest(count.max(1), COVERED_BITS - 1, levels).cost(count.max(1));
    let most = most.min(COVERED_BITS / 4);
    let best = (1..=most).map(cost).min().unwrap_or(0);
    (1..=most).find(|levels| cost(*levels) <= best + best / WORTHWHILE).unwrap_or(1)
}

impl Term {
    fn new(scalar: &BigInt<4>) -> Self {
        let is_negative = *scalar > Fr::MODULUS_MINUS_ONE_DIV_TWO;
        let mut size = *scalar;
        if is_negative {
            size = Fr::MODULUS;
            size.sub_with_borrow(scalar);
        }
        Self { is_negative, size, balanced: [0; 5] }
    }

    /// Adds the plan's offsets: a digit is then its window's bits less 2^(width-1) - 1, in
    /// (-2^(width-1), 2^(width-1)], and needs no carry from the windows below. The sum does not
    /// leave the windows, because the size lacks the top bit of the top window.
    fn balance(&mut self, offsets: &[u64; 5]) {
        let mut carry = 0;
        for (i, limb) in self.balanced.iter_mut().enumerate() {
            let size = self.size.0.get(i).copied().unwrap_or(0);
            let sum = u128::from(size) + u128::from(offsets[i]) + carry;
            *limb = sum as u64;
            carry = sum >> 64;
        }
    }

    fn digit(&self, position: usize, width: usize) -> i32 {
        let (limb, shift) = (position / 64, position % 64);
        let next = self.balanced.get(limb + 1).copied().unwrap_or(0);
        let bits = (u128::from(next) << 64 | u128::from(self.balanced[limb])) >> shift;
        let digit = (bits as i32 & ((1 << width) - 1)) - ((1 << (width - 1)) - 1);
        if self.is_negative { -digit } else { digit }
    }
}
