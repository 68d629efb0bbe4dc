pragma circom 2.1.0;
include "poseidon.circom";

// The circom way of one Gram matrix: each column is committed by a chain of Poseidon hashes in the circuit
// (15 values and the running hash at a time), and every inner product is a sum of products.
template Committed(rows) {
    signal input values[rows];
    signal output commitment;
    var blocks = (rows + 14) \ 15;
    component hash[blocks];
    signal running[blocks + 1];
    running[0] <== 0;
    for (var b = 0; b < blocks; b++) {
        hash[b] = Poseidon(16);
        hash[b].inputs[0] <== running[b];
        for (var i = 0; i < 15; i++) {
            if (b * 15 + i < rows) {
                hash[b].inputs[i + 1] <== values[b * 15 + i];
            } else {
                hash[b].inputs[i + 1] <== 0;
            }
        }
        running[b + 1] <== hash[b].out;
    }
    commitment <== running[blocks];
}

template Inner(rows) {
    signal input a[rows];
    signal input b[rows];
    signal output product;
    signal partial[rows + 1];
    partial[0] <== 0;
    for (var i = 0; i < rows; i++) {
        partial[i + 1] <== partial[i] + a[i] * b[i];
    }
    product <== partial[rows];
}

template Gram(columns, rows) {
    signal input values[columns][rows];
    signal output commitments[columns];
    signal output products[columns * (columns + 1) / 2];
    component committed[columns];
    component inner[columns * (columns + 1) / 2];
    var at = 0;
    for (var i = 0; i < columns; i++) {
        committed[i] = Committed(rows);
        committed[i].values <== values[i];
        commitments[i] <== committed[i].commitment;
        for (var j = i; j < columns; j++) {
            inner[at] = Inner(rows);
            inner[at].a <== values[i];
            inner[at].b <== values[j];
            products[at] <== inner[at].product;
            at++;
        }
    }
}
