//! What can be wrong with an input, and the Python exception of `proofs.errors` that says so.

use std::fmt;

use pyo3::exceptions::PyZeroDivisionError;
use pyo3::{PyErr, import_exception};

import_exception!(proofs.errors, InvalidProof);
import_exception!(proofs.errors, NonCanonicalCoordinate);
import_exception!(proofs.errors, NonCanonicalScalar);
import_exception!(proofs.errors, NotInSubgroup);
import_exception!(proofs.errors, NotOnCurve);
import_exception!(proofs.errors, UnexpectedInfinity);
import_exception!(proofs.errors, WrongLength);

/// A refused input. The number is the index of the first element at fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    Length(String),
    Scalar(usize),
    Coordinate(usize),
    Curve(usize),
    Subgroup(usize),
    Infinity(usize),
    Zero(usize),
    Remainder(usize),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Length(message) => f.write_str(message),
            Self::Scalar(i) => write!(f, "scalar {i} is not below the group order r"),
            Self::Coordinate(i) => {
                write!(f, "point {i} has a coordinate not below the field modulus p")
            }
            Self::Curve(i) => write!(f, "point {i} does not satisfy the curve equation"),
            Self::Subgroup(i) => {
                write!(f, "point {i} is on the twist but outside the subgroup of order r")
            }
            Self::Infinity(i) => {
                write!(f, "point {i} is the point at infinity where a proper point is required")
            }
            Self::Zero(i) => write!(f, "scalar {i} is zero and has no inverse"),
            Self::Remainder(i) => write!(f, "row {i} has a*b != c; the witness does not satisfy the circuit"),
        }
    }
}

impl From<Fault> for PyErr {
    fn from(fault: Fault) -> Self {
        let message = fault.to_string();
        match fault {
            Fault::Length(_) => WrongLength::new_err(message),
            Fault::Scalar(_) => NonCanonicalScalar::new_err(message),
            Fault::Coordinate(_) => NonCanonicalCoordinate::new_err(message),
            Fault::Curve(_) => NotOnCurve::new_err(message),
            Fault::Subgroup(_) => NotInSubgroup::new_err(message),
            Fault::Infinity(_) => UnexpectedInfinity::new_err(message),
            Fault::Zero(_) => PyZeroDivisionError::new_err(message),
            Fault::Remainder(_) => InvalidProof::new_err(message),
        }
    }
}

/// `WrongLength` unless both sides have one number of elements.
pub fn same_length(a: usize, b: usize) -> Result<(), Fault> {
    if a == b {
        return Ok(());
    }
    Err(Fault::Length(format!("{a} and {b} elements; both sides need the same number")))
}
