// Opens and signs notes with Go's own implementation. The argument names a file with the work in
// JSON; the answers go to standard output, in the same order.
package main

import (
	"encoding/json"
	"fmt"
	"os"

	"golang.org/x/mod/sumdb/note"
)

// A note to open or a text to sign, with the verifiers' or the signers' keys.
type task struct {
	Note []byte
	Keys []string
}

type answer struct {
	Note       []byte   `json:"note"`
	Signers    []string `json:"signers"`
	Unverified int      `json:"unverified"`
	Error      string   `json:"error"`
}

func open(own task) (found answer) {
	var known []note.Verifier
	for _, key := range own.Keys {
		known = append(known, must(note.NewVerifier(key)))
	}
	opened, err := note.Open(own.Note, note.VerifierList(known...))
	if err != nil {
		return answer{Error: err.Error()}
	}
	for _, sig := range opened.Sigs {
		found.Signers = append(found.Signers, fmt.Sprintf("%s+%08x", sig.Name, sig.Hash))
	}
	found.Note, found.Unverified = []byte(opened.Text), len(opened.UnverifiedSigs)
	return found
}

func sign(own task) answer {
	var signers []note.Signer
	for _, key := range own.Keys {
		signers = append(signers, must(note.NewSigner(key)))
	}
	return answer{Note: must(note.Sign(&note.Note{Text: string(own.Note)}, signers...))}
}

func main() {
	var work struct{ Open, Sign []task }
	if err := json.Unmarshal(must(os.ReadFile(os.Args[1])), &work); err != nil {
		panic(err)
	}
	done := map[string][]answer{"open": {}, "sign": {}}
	for _, own := range work.Open {
		done["open"] = append(done["open"], open(own))
	}
	for _, own := range work.Sign {
		done["sign"] = append(done["sign"], sign(own))
	}
	os.Stdout.Write(must(json.Marshal(done)))
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}
