package rig

import (
	"bytes"
	"io"
	"net"
	"sync"
	"time"
)

// Network is a way to an address on which things go wrong: a proxy that knows
// nothing of what it carries but which requests ask for a stream.
type Network struct {
	listener net.Listener
	done     sync.WaitGroup

	mu     sync.Mutex
	to     string
	closed bool
	wires  map[*wire]bool
	fault  Fault
	eased  chan struct{} // closed when the fault is another
}

// Fault is what a Network does to what it carries.
type Fault int

const (
	// Fine: nothing.
	Fine Fault = iota
	// Refusing: connections end as soon as they begin, and those that there are.
	Refusing
	// Swallowing: connections are open and lead nowhere, for good.
	Swallowing
	// Buffering: of an answer that is a stream nothing arrives; it is kept for
	// later. All else passes.
	Buffering
	// Trickling: of an answer that is a stream a few bytes arrive at a time.
	Trickling
)

// wire is a connection through the network.
type wire struct {
	near, far net.Conn
	stream    bool // a stream was asked for
	lost      bool // it leads nowhere
}

// NewNetwork leads to an address.
func NewNetwork(to string) (*Network, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	n := &Network{listener: l, to: to, wires: map[*wire]bool{}, eased: make(chan struct{})}
	n.done.Go(n.accept)
	return n, nil
}

// Addr is where it begins.
func (n *Network) Addr() string { return n.listener.Addr().String() }

// URL is where it begins, for HTTP.
func (n *Network) URL() string { return "http://" + n.Addr() }

// Close ends it.
func (n *Network) Close() {
	n.mu.Lock()
	n.closed = true
	n.mu.Unlock()
	_ = n.listener.Close()
	n.Set(Refusing)
	n.done.Wait()
}

// Set lets something go wrong from now on, or nothing any more. A connection
// that leads nowhere stays so.
func (n *Network) Set(f Fault) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.fault = f
	close(n.eased)
	n.eased = make(chan struct{})
	for w := range n.wires {
		switch f {
		case Refusing:
			w.cut()
		case Swallowing:
			w.lost = true
		}
	}
}

// Cut ends all connections; new ones are not affected.
func (n *Network) Cut() {
	n.mu.Lock()
	defer n.mu.Unlock()
	for w := range n.wires {
		w.cut()
	}
}

func (w *wire) cut() {
	_ = w.near.Close()
	_ = w.far.Close()
}

func (n *Network) accept() {
	for {
		near, err := n.listener.Accept()
		if err != nil {
			return
		}
		n.done.Go(func() { n.carry(near) })
	}
}

func (n *Network) carry(near net.Conn) {
	defer near.Close()
	n.mu.Lock()
	to, fault := n.to, n.fault
	n.mu.Unlock()
	if fault == Refusing {
		return
	}
	far, err := net.Dial("tcp", to)
	if err != nil {
		return
	}
	w := &wire{near: near, far: far}
	n.mu.Lock()
	w.lost = n.fault == Swallowing
	refused := n.fault == Refusing || n.closed
	n.wires[w] = true
	n.mu.Unlock()
	if !refused {
		var back sync.WaitGroup
		back.Go(func() { n.pass(w, far, near, true) })
		n.pass(w, near, far, false)
		back.Wait()
	}
	w.cut()
	n.mu.Lock()
	delete(n.wires, w)
	n.mu.Unlock()
}

// pass carries one direction. Half of a connection does not outlive the other.
func (n *Network) pass(w *wire, from, to net.Conn, answers bool) {
	defer w.cut()
	b := make([]byte, 32<<10)
	for {
		got, err := from.Read(b)
		if got > 0 {
			if !answers && bytes.Contains(b[:got], []byte("/revocations/stream")) {
				n.mu.Lock()
				w.stream = true
				n.mu.Unlock()
			}
			if n.deliver(w, to, b[:got], answers) != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// deliver hands bytes on as the fault of the moment has it.
func (n *Network) deliver(w *wire, to io.Writer, b []byte, answers bool) error {
	for len(b) > 0 {
		n.mu.Lock()
		fault, lost, eased := n.fault, w.lost, n.eased
		held := w.stream && answers && !n.closed
		n.mu.Unlock()
		switch {
		case lost:
			return nil
		case held && fault == Buffering:
			<-eased
			continue
		case held && fault == Trickling:
			few := min(len(b), 16)
			if _, err := to.Write(b[:few]); err != nil {
				return err
			}
			b = b[few:]
			select {
			case <-eased:
			case <-time.After(200 * time.Millisecond):
			}
			continue
		}
		_, err := to.Write(b)
		return err
	}
	return nil
}
