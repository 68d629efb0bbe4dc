//! Subgroup membership in G2 and products of pairings.

use ark_bn254::{Bn254, G1Affine, G2Affine};
use ark_ec::AffineRepr;
use ark_ec::pairing::Pairing;
use ark_ff::Field;
use rayon::prelude::*;

use crate::fault::{Fault, same_length};

/// Whether every point lies in the subgroup of order r; the fault names the first that does not.
///
/// arkworks tests psi(Q) = [6u^2]Q (Scott, eprint 2021/1130; El Housni-Guillevic-Piellard, eprint
/// 2022/352).
pub fn require_subgroup(points: &[G2Affine]) -> Result<(), Fault> {
    let outside = points
        .par_iter()
        .position_first(|point| !point.is_zero() && !point.is_in_correct_subgroup_assuming_on_curve());
    outside.map_or(Ok(()), |index| Err(Fault::Subgroup(index)))
}

/// Whether the product of e(lefts[i], rights[i]) is 1, with one final exponentiation.
pub fn product_is_one(lefts: &[G1Affine], rights: &[G2Affine]) -> Result<bool, Fault> {
    same_length(lefts.len(), rights.len())?;
    require_subgroup(rights)?;
    let (lefts, rights): (Vec<G1Affine>, Vec<G2Affine>) =
        lefts.iter().zip(rights).filter(|(left, right)| !left.is_zero() && !right.is_zero()).unzip();
    let product = Bn254::multi_miller_loop(lefts, rights);
    // The Miller value of subgroup points is never zero, the only value without an exponentiation.
    Ok(Bn254::final_exponentiation(product).is_some_and(|value| value.0 == Field::ONE))
}
