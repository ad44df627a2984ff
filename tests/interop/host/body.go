package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"math/rand/v2"

	"google.golang.org/protobuf/reflect/protoreflect"
)

// bodySpec asks for generated content of a bytes field, so that large bodies never pass as JSON.
type bodySpec struct {
	Path  string `json:"path"`
	Total int64  `json:"total"` // bytes
	Seed  uint64 `json:"seed"`  // same seed, same bytes
}

// bodySource yields pseudo-random bytes: a lost, doubled or swapped chunk changes the digest.
type bodySource struct {
	random *rand.ChaCha8
	left   int64
	digest digester
}

func newBodySource(spec bodySpec) *bodySource {
	var seed [32]byte
	for i := range 8 {
		seed[i] = byte(spec.Seed >> (8 * i))
	}
	return &bodySource{random: rand.NewChaCha8(seed), left: spec.Total}
}

// next returns a fresh slice of at most n bytes; gRPC may keep what it was given.
func (b *bodySource) next(n int64) []byte {
	chunk := make([]byte, min(n, b.left))
	_, _ = b.random.Read(chunk)
	b.left -= int64(len(chunk))
	b.digest.add(chunk)
	return chunk
}

// digester sums content that is not kept.
type digester struct {
	size int64
	sum  hash.Hash
}

func (d *digester) add(data []byte) {
	if d.sum == nil {
		d.sum = sha256.New()
	}
	d.size += int64(len(data))
	_, _ = d.sum.Write(data)
}

// digest is the summary of a body in an answer.
type digest struct {
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

func (d *digester) result() digest {
	d.add(nil)
	return digest{Size: d.size, SHA256: hex.EncodeToString(d.sum.Sum(nil))}
}

// payload describes one message to send: ProtoJSON, or bytes as they are, or with a generated body.
type payload struct {
	Request    json.RawMessage `json:"request"`
	RequestB64 []byte          `json:"request_b64"`
	Body       *bodySpec       `json:"body"`
}

// build returns the bytes of the message and the digest of its generated body, if any.
func (p payload) build(s *schema, of protoreflect.MessageDescriptor) ([]byte, *digest, error) {
	if p.RequestB64 != nil {
		if p.Request != nil || p.Body != nil {
			return nil, nil, fmt.Errorf("request_b64 excludes request and body")
		}
		return p.RequestB64, nil, nil
	}
	message, err := s.parse(of, p.Request)
	if err != nil {
		return nil, nil, err
	}
	if p.Body == nil {
		data, err := encode(message)
		return data, nil, err
	}
	path, err := bytesPath(of, p.Body.Path)
	if err != nil {
		return nil, nil, err
	}
	source := newBodySource(*p.Body)
	path.set(message, protoreflect.ValueOfBytes(source.next(p.Body.Total)))
	data, err := encode(message)
	sum := source.digest.result()
	return data, &sum, err
}
