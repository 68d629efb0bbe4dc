//! The last points found to be in G2, with the lines of their Miller loops.
//!
//! A verifying key's points come again with every proof, and a proof's point is checked by itself
//! before it is paired. Both are facts about public points.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use ark_bn254::{Bn254, G2Affine};
use ark_ec::pairing::Pairing;

type Lines = <Bn254 as Pairing>::G2Prepared;

const REMEMBERED: usize = 64;

pub struct Member {
    point: G2Affine,
    lines: OnceLock<Lines>,
}

/// The most recently used last.
static MEMBERS: Mutex<VecDeque<Arc<Member>>> = Mutex::new(VecDeque::new());

pub fn find(point: &G2Affine) -> Option<Arc<Member>> {
    let mut members = MEMBERS.lock().unwrap_or_else(PoisonError::into_inner);
    let position = members.iter().rposition(|member| member.point == *point)?;
    let member = members.remove(position)?;
    members.push_back(Arc::clone(&member));
    Some(member)
}

/// Remembers a point that is in the subgroup.
pub fn remember(point: G2Affine) {
    let mut members = MEMBERS.lock().unwrap_or_else(PoisonError::into_inner);
    members.push_back(Arc::new(Member { point, lines: OnceLock::new() }));
    if members.len() > REMEMBERED {
        members.pop_front();
    }
}

/// The lines of a point's Miller loop, made once for a point that is remembered.
pub fn prepared(point: &G2Affine) -> Lines {
    match find(point) {
        Some(member) => member.lines.get_or_init(|| Lines::from(*point)).clone(),
        None => Lines::from(*point),
    }
}
