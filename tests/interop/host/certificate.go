package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"os/exec"
	"time"

	goplugin "github.com/hashicorp/go-plugin"
)

// certSpec describes a self-signed certificate for client and server use. The zero value is like
// go-plugin's own: P-521, valid since 30 s ago.
type certSpec struct {
	Curve       string  `json:"curve"` // P-256, P-384, P-521
	ValidFromS  float64 `json:"valid_from_s"`
	ValidUntilS float64 `json:"valid_until_s"` // both relative to now; negative until = expired
}

// make returns a fresh key pair and the certificate as PEM.
func (spec certSpec) make() (tls.Certificate, []byte, error) {
	curves := map[string]elliptic.Curve{"": elliptic.P521(), "P-256": elliptic.P256(), "P-384": elliptic.P384(), "P-521": elliptic.P521()}
	curve, ok := curves[spec.Curve]
	if !ok {
		return tls.Certificate{}, nil, fmt.Errorf("curve %q: use P-256, P-384 or P-521", spec.Curve)
	}
	if spec.ValidFromS == 0 {
		spec.ValidFromS = -30
	}
	if spec.ValidUntilS == 0 {
		spec.ValidUntilS = 3600
	}
	key, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		return tls.Certificate{}, nil, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 128))
	if err != nil {
		return tls.Certificate{}, nil, err
	}
	template := &x509.Certificate{
		SerialNumber:          serial,
		Subject:               pkix.Name{CommonName: "localhost", Organization: []string{"test host"}},
		DNSNames:              []string{"localhost"},
		NotBefore:             time.Now().Add(duration(1000 * spec.ValidFromS)),
		NotAfter:              time.Now().Add(duration(1000 * spec.ValidUntilS)),
		KeyUsage:              x509.KeyUsageDigitalSignature | x509.KeyUsageKeyAgreement | x509.KeyUsageCertSign,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true,
		IsCA:                  true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return tls.Certificate{}, nil, err
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, text, nil
}

// asHost makes go-plugin do what AutoMTLS does, with a certificate of this kind.
func (spec certSpec) asHost(config *goplugin.ClientConfig, cmd *exec.Cmd) error {
	certificate, text, err := spec.make()
	if err != nil {
		return err
	}
	cmd.Env = append(cmd.Env, "PLUGIN_CLIENT_CERT="+string(text))
	config.TLSConfig = &tls.Config{
		Certificates: []tls.Certificate{certificate},
		ClientAuth:   tls.RequireAndVerifyClientCert,
		MinVersion:   tls.VersionTLS12,
		ServerName:   "localhost",
	}
	return nil
}

// tlsSpec is the client side of a connection that a test opens by itself.
type tlsSpec struct {
	Present    string    `json:"present"`     // "host" (the plugin's host certificate), "nothing" or "other"
	Other      *certSpec `json:"other"`       // for "other"
	MaxVersion string    `json:"max_version"` // "1.2" or "1.3"
}

// config builds the TLS client; of is the plugin behind the address, nil if unknown. The server's
// certificate is verified only with "host": the other kinds test the plugin, not the client.
func (spec *tlsSpec) config(of *pluginProcess) (*tls.Config, error) {
	config := &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS12, ServerName: "localhost", NextProtos: []string{"h2"}}
	switch spec.Present {
	case "host":
		if of == nil || of.tls == nil {
			return nil, fmt.Errorf(`tls.present "host" needs a plugin that was started with TLS`)
		}
		config.Certificates, config.RootCAs = of.tls.Certificates, of.tls.RootCAs
		config.InsecureSkipVerify = false
	case "other":
		wanted := certSpec{}
		if spec.Other != nil {
			wanted = *spec.Other
		}
		certificate, _, err := wanted.make()
		if err != nil {
			return nil, err
		}
		config.Certificates = []tls.Certificate{certificate}
	case "nothing":
	default:
		return nil, fmt.Errorf("tls.present %q: use host, nothing or other", spec.Present)
	}
	switch spec.MaxVersion {
	case "", "1.3":
	case "1.2":
		config.MaxVersion = tls.VersionTLS12
	default:
		return nil, fmt.Errorf("tls.max_version %q: use 1.2 or 1.3", spec.MaxVersion)
	}
	return config, nil
}
