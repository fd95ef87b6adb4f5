package feed

import "slices"

// ring is the newest batches as they go out, encoded once for all readers. A
// reader stands at a number; who falls behind its beginning was too slow.
type ring struct {
	frames [][]byte
	first  int64 // the number of frames[0]
	bytes  int
	most   int
}

// next is the number of the batch to come.
func (r *ring) next() int64 { return r.first + int64(len(r.frames)) }

// push appends a batch and drops old ones beyond the most bytes.
func (r *ring) push(frame []byte) {
	r.frames = append(r.frames, frame)
	r.bytes += len(frame)
	n := 0
	for r.bytes > r.most && n < len(r.frames)-1 {
		r.bytes -= len(r.frames[n])
		r.frames[n] = nil
		n++
	}
	r.frames, r.first = r.frames[n:], r.first+int64(n)
}

// skip counts a batch that nobody reads.
func (r *ring) skip() {
	r.first = r.next() + 1
	r.frames, r.bytes = nil, 0
}

// from gives some batches from a number on; false when the first of them is
// gone.
func (r *ring) from(number int64) ([][]byte, bool) {
	if number < r.first {
		return nil, false
	}
	rest := r.frames[number-r.first:]
	return slices.Clone(rest[:min(len(rest), 64)]), true
}
