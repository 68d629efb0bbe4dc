// Command gnark proves a chain of 2^LOG multiplications with gnark's Groth16 on BN254 and prints the seconds of
// each run: the peer that tests/bench/bench_proving.py measures against.
package main

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"time"

	"github.com/consensys/gnark-crypto/ecc"
	"github.com/consensys/gnark/backend/groth16"
	"github.com/consensys/gnark/frontend"
	"github.com/consensys/gnark/frontend/cs/r1cs"
	"github.com/consensys/gnark/logger"
	"github.com/rs/zerolog"
)

type chain struct {
	Start  frontend.Variable
	End    frontend.Variable `gnark:",public"`
	length int
}

// Define squares and adds: one constraint a step.
func (c *chain) Define(api frontend.API) error {
	x := c.Start
	for i := 0; i < c.length; i++ {
		x = api.Mul(x, api.Add(x, 1))
	}
	api.AssertIsEqual(x, c.End)
	return nil
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func main() {
	logger.Set(zerolog.Nop())
	runtime.GOMAXPROCS(2)
	log, err := strconv.Atoi(os.Args[1])
	must(err)
	runs, err := strconv.Atoi(os.Args[2])
	must(err)
	length := 1<<log - 2
	system, err := frontend.Compile(ecc.BN254.ScalarField(), r1cs.NewBuilder, &chain{length: length})
	must(err)
	proving, verifying, err := groth16.Setup(system)
	must(err)
	field := ecc.BN254.ScalarField()
	witness, err := frontend.NewWitness(&chain{Start: 3, End: end(length)}, field)
	must(err)
	public, err := witness.Public()
	must(err)
	for i := 0; i < runs; i++ {
		start := time.Now()
		proof, err := groth16.Prove(system, proving, witness)
		must(err)
		fmt.Println(time.Since(start).Seconds())
		must(groth16.Verify(proof, verifying, public))
	}
}
