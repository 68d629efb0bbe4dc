pragma circom 2.1.0;

// x -> x * (x + 1), n times: one constraint a step.
template Chain(n) {
    signal input start;
    signal output end;
    signal x[n + 1];
    x[0] <== start;
    for (var i = 0; i < n; i++) {
        x[i + 1] <== x[i] * (x[i] + 1);
    }
    end <== x[n];
}
