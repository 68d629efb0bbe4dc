//! Sums of few multiples: every doubling is shared, and each scalar adds its signed digits.
//!
//! Straus' method with width-5 non-adjacent forms (Moller, SAC 2001): for some hundred points cheaper
//! than buckets, whose inversions cost more than they save.

use ark_ec::AffineRepr;
use ark_ec::CurveGroup;
use ark_ec::short_weierstrass::{Affine, Projective};
use ark_ff::{AdditiveGroup, BigInt, BigInteger, Zero};

use crate::codec::Curve;

const WIDTH: usize = 5;

/// Odd multiples of a point that digits choose from: 1, 3 ... 2^(WIDTH-1) - 1.
const ODD_MULTIPLES: usize = 1 << (WIDTH - 2);

/// In field multiplications: doublings of the sum, then per term the table and one digit in six bits.
pub fn cost(count: usize, bits: usize) -> usize {
    8 * bits + count * (16 * ODD_MULTIPLES + 11 * bits / (WIDTH + 1))
}

/// Sum of the points times the integers, negated where said.
pub fn multiply_sum<C: Curve>(terms: &[(Affine<C>, BigInt<4>, bool)]) -> Projective<C> {
    let terms: Vec<_> = terms.iter().filter(|(point, size, _)| !point.is_zero() && !size.is_zero()).collect();
    let mut multiples = Vec::with_capacity(terms.len() * ODD_MULTIPLES);
    for (point, _, is_negative) in &terms {
        let mut multiple = if *is_negative { (-*point).into_group() } else { point.into_group() };
        let double = multiple.double();
        for _ in 0..ODD_MULTIPLES {
            multiples.push(multiple);
            multiple += double;
        }
    }
    let multiples = Projective::normalize_batch(&multiples);
    let digits: Vec<Vec<i64>> =
        terms.iter().map(|(_, size, _)| size.find_wnaf(WIDTH).unwrap_or_default()).collect();
    let longest = digits.iter().map(Vec::len).max().unwrap_or(0);
    let mut total = Projective::<C>::zero();
    for position in (0..longest).rev() {
        total.double_in_place();
        for (own, table) in digits.iter().zip(multiples.chunks_exact(ODD_MULTIPLES)) {
            let digit = own.get(position).copied().unwrap_or(0);
            let multiple = table[digit.unsigned_abs() as usize / 2];
            match digit.signum() {
                1 => total += multiple,
                -1 => total -= multiple,
                _ => {}
            }
        }
    }
    total
}
