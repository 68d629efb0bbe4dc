package main

import (
	"math/big"

	"github.com/consensys/gnark-crypto/ecc"
)

// end computes the chain's last value in the clear.
func end(length int) *big.Int {
	field := ecc.BN254.ScalarField()
	x := big.NewInt(3)
	for i := 0; i < length; i++ {
		next := new(big.Int).Add(x, big.NewInt(1))
		x.Mul(x, next).Mod(x, field)
	}
	return x
}
