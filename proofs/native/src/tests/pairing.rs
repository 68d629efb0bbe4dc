//! Products of pairings, and who may take part in them.

use ark_bn254::{Fq2, Fr, G1Affine, G2Affine};
use ark_ec::{AffineRepr, CurveGroup};

use super::{points, scalars};
use crate::fault::Fault;
use crate::pairing::{product_is_one, require_subgroup};

/// e(a_i G1, b_i G2) over all i, times e(-sum a_i b_i G1, G2).
fn closed(count: usize) -> (Vec<G1Affine>, Vec<G2Affine>) {
    let mut lefts: Vec<G1Affine> = points(1, count);
    let mut rights: Vec<G2Affine> = points(2, count);
    let total: Fr = scalars(1, count).into_iter().zip(scalars(2, count)).map(|(a, b)| a * b).sum();
    lefts.push((-(G1Affine::generator() * total)).into_affine());
    rights.push(G2Affine::generator());
    (lefts, rights)
}

/// On the twist, and not in the subgroup: its cofactor is larger than r.
fn stranger() -> Option<G2Affine> {
    (1u64..)
        .filter_map(|x| G2Affine::get_point_from_x_unchecked(Fq2::new(x.into(), 1u64.into()), true))
        .find(|point| !point.is_in_correct_subgroup_assuming_on_curve())
}

#[test]
fn a_product_is_one_exactly_if_the_exponents_cancel() -> Result<(), Fault> {
    for count in [0, 1, 2, 7, 20] {
        let (mut lefts, rights) = closed(count);
        assert!(product_is_one(&lefts, &rights)?, "{count} pairs");
        if count > 0 {
            lefts[0] = (lefts[0] + G1Affine::generator()).into_affine();
            assert!(!product_is_one(&lefts, &rights)?, "{count} pairs, one changed");
        }
    }
    Ok(())
}

#[test]
fn infinity_on_either_side_counts_as_one() -> Result<(), Fault> {
    let (mut lefts, mut rights) = closed(3);
    lefts.extend([G1Affine::identity(), G1Affine::generator()]);
    rights.extend([G2Affine::generator(), G2Affine::identity()]);
    assert!(product_is_one(&lefts, &rights)?);
    assert!(!product_is_one(&[G1Affine::generator()], &[G2Affine::generator()])?);
    assert!(product_is_one(&[], &[])?);
    Ok(())
}

#[test]
fn both_sides_have_one_length() {
    let (lefts, rights) = closed(2);
    assert!(matches!(product_is_one(&lefts[1..], &rights), Err(Fault::Length(_))));
}

#[test]
fn a_point_outside_the_subgroup_is_named_wherever_it_stands() {
    let strange: Vec<G2Affine> = stranger().into_iter().collect();
    assert_eq!(require_subgroup(&strange), Err(Fault::Subgroup(0)));
    // Short lists are remembered once they passed, long ones are not: neither lets the stranger through.
    for count in [3, 15, 40] {
        let members: Vec<G2Affine> = points(3, count);
        assert_eq!(require_subgroup(&members), Ok(()));
        for place in [0, count / 2, count] {
            let mut list = members.clone();
            list.splice(place..place, strange.iter().copied());
            assert_eq!(require_subgroup(&list), Err(Fault::Subgroup(place)), "{count} members");
        }
    }
    let infinite_left = product_is_one(&[G1Affine::identity()], &strange);
    assert_eq!(infinite_left, Err(Fault::Subgroup(0)), "an infinite partner does not excuse it");
}
