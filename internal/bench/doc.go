// Package bench measures a running Curfew over HTTP: the load generator behind
// `curfew bench`.
//
// # Loops
//
// In a closed loop each of [Config.Clients] clients has one connection and one
// request under way, and sends the next as soon as the answer is read and
// checked. Closed loops show what the server can do at saturation; their
// median latency is about clients divided by rate, so it tells the length of
// the queue and not the cost of one lonely request.
//
// In an open loop requests are due at a fixed rate, whether or not those
// before them have been answered, as those of people are. A latency counts
// from the moment at which the request was due and not from when a client was
// free to send it, so a server that stalls does not hide how many would have
// waited. All that was due within the measured time is sent and counted, even
// late.
//
// # Right answers
//
// Rates and latencies are those of right answers: each case looks at what came
// back (a refresh is right when it is a 200 with a new refresh token and a
// generation exactly one higher). Anything else is counted as an error, also
// during warm-up, and the first one is reported in words. After an error a
// client of a closed loop pauses, so a broken server is not hammered.
//
// # Runs, and what they are held against
//
// Each case runs several times; the row shown is that of the run with the
// median rate, so its figures belong together. Errors are those of all runs.
// Beside them stand the limits of the same machine, because only ratios carry
// over to another one. A case that has a natural limit (single-row updates for
// a refresh, password hashes for a sign-in) alternates with it: limit, case,
// limit, case; and the ratio is the median of those of the pairs. The other
// limits are taken before the first and after the last run, the better of both
// counts, and the report warns when they are far apart: then something else
// was at work, and its figures are not worth much.
//
// # What it costs
//
// The generator usually shares the machine with the server, so it brings its
// own HTTP/1.1 client, which needs less than half the CPU of net/http's.
// Its own use of CPU is part of the report.
package bench
