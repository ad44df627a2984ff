package main

import (
	"bytes"
	"encoding/binary"
	"io"
	"math"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// h2Start sends the HTTP/2 preface and SETTINGS.
type h2Start struct {
	Window uint32 `json:"window"` // how much the peer may send per stream, and on the connection; 0 = the default 65,535
}

// h2Streams opens gRPC calls by hand.
type h2Streams struct {
	Method      string            `json:"method"`       // "/pkg.Service/Method"
	Count       int               `json:"count"`        // default 1
	Headers     map[string]string `json:"headers"`      // further request headers
	ContentType string            `json:"content_type"` // default application/grpc
	Declared    *uint32           `json:"declared"`     // sends a gRPC message header that declares so many bytes
	Data        int               `json:"data"`         // zero bytes that follow
	DataB64     []byte            `json:"data_b64"`     // bytes that follow
	End         bool              `json:"end"`          // half close
	Reset       bool              `json:"reset"`        // RST_STREAM at the end
}

// h2Writer writes frames without ever reading any: no flow control, no answers to the peer.
type h2Writer struct {
	out    io.Writer
	framer *http2.Framer
	block  bytes.Buffer
	header *hpack.Encoder
	next   uint32
}

func newH2Writer(out io.Writer) *h2Writer {
	w := &h2Writer{out: out, framer: http2.NewFramer(out, nil), next: 1}
	w.header = hpack.NewEncoder(&w.block)
	return w
}

func (w *h2Writer) start(spec *h2Start) error {
	if _, err := io.WriteString(w.out, http2.ClientPreface); err != nil {
		return err
	}
	settings := []http2.Setting{{ID: http2.SettingEnablePush, Val: 0}}
	if spec.Window > 0 {
		settings = append(settings, http2.Setting{ID: http2.SettingInitialWindowSize, Val: min(spec.Window, math.MaxInt32)})
	}
	if err := w.framer.WriteSettings(settings...); err != nil {
		return err
	}
	if spec.Window > 65535 {
		return w.framer.WriteWindowUpdate(0, min(spec.Window, math.MaxInt32)-65535)
	}
	return nil
}

// open sends the streams one after the other.
func (w *h2Writer) open(spec *h2Streams) error {
	for range max(spec.Count, 1) {
		id := w.next
		w.next += 2
		if err := w.stream(id, spec); err != nil {
			return err
		}
	}
	return nil
}

func (w *h2Writer) stream(id uint32, spec *h2Streams) error {
	body := w.body(spec)
	err := w.framer.WriteHeaders(http2.HeadersFrameParam{
		StreamID: id, BlockFragment: w.headers(spec), EndHeaders: true, EndStream: spec.End && len(body) == 0,
	})
	const largest = 16 << 10 // frame size that every peer accepts
	for len(body) > 0 && err == nil {
		chunk := body[:min(len(body), largest)]
		body = body[len(chunk):]
		err = w.framer.WriteData(id, spec.End && len(body) == 0, chunk)
	}
	if err == nil && spec.Reset {
		err = w.framer.WriteRSTStream(id, http2.ErrCodeCancel)
	}
	return err
}

// body is the message header, if one is declared, and what follows it.
func (w *h2Writer) body(spec *h2Streams) []byte {
	var body []byte
	if spec.Declared != nil {
		body = binary.BigEndian.AppendUint32([]byte{0}, *spec.Declared)
	}
	body = append(body, spec.DataB64...)
	return append(body, make([]byte, spec.Data)...)
}

func (w *h2Writer) headers(spec *h2Streams) []byte {
	contentType := spec.ContentType
	if contentType == "" {
		contentType = "application/grpc"
	}
	w.block.Reset()
	for _, field := range [][2]string{
		{":method", "POST"}, {":scheme", "http"}, {":path", spec.Method}, {":authority", "localhost"},
		{"te", "trailers"}, {"content-type", contentType},
	} {
		_ = w.header.WriteField(hpack.HeaderField{Name: field[0], Value: field[1]})
	}
	for name, value := range spec.Headers {
		_ = w.header.WriteField(hpack.HeaderField{Name: name, Value: value})
	}
	return bytes.Clone(w.block.Bytes())
}
