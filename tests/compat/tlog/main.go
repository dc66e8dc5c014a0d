// Verifies checkpoints, proofs and tiles with Go's own implementation. The argument names a file with
// the work in JSON; the answers go to standard output, in the same order.
package main

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type task struct {
	Note, Key, Origin   string
	Index, Size, Older  int64
	Leaf, Root, OldRoot hash
	Proof               []hash
	Folder              string
}

type hash tlog.Hash

func (own *hash) UnmarshalJSON(text []byte) error {
	var bytes []byte
	if err := json.Unmarshal(text, &bytes); err != nil {
		return err
	}
	if copy(own[:], bytes) != len(bytes) || len(bytes) != len(own) {
		return errors.New("not a hash")
	}
	return nil
}

func checkNote(own task) error {
	known := note.VerifierList(must(note.NewVerifier(own.Key)))
	opened, err := note.Open([]byte(own.Note), known)
	if err != nil {
		return err
	}
	root := base64.StdEncoding.EncodeToString(own.Root[:])
	if opened.Text != fmt.Sprintf("%s\n%d\n%s\n", own.Origin, own.Size, root) {
		return errors.New("another text")
	}
	return nil
}

func checkInclusion(own task) error {
	var proof tlog.RecordProof
	for _, one := range own.Proof {
		proof = append(proof, tlog.Hash(one))
	}
	return tlog.CheckRecord(proof, own.Size, tlog.Hash(own.Root), own.Index, tlog.Hash(own.Leaf))
}

func checkConsistency(own task) error {
	var proof tlog.TreeProof
	for _, one := range own.Proof {
		proof = append(proof, tlog.Hash(one))
	}
	return tlog.CheckTree(proof, own.Size, tlog.Hash(own.Root), own.Older, tlog.Hash(own.OldRoot))
}

// A folder with tiles. Go's own paths have the height of tiles; C2SP's do not.
type folder string

func (own folder) Height() int                               { return 8 }
func (own folder) SaveTiles(tiles []tlog.Tile, data [][]byte) {}

func (own folder) ReadTiles(tiles []tlog.Tile) (data [][]byte, err error) {
	for _, tile := range tiles {
		path := strings.Replace(tile.Path(), "tile/8/", "tile/", 1)
		bytes, err := os.ReadFile(filepath.Join(string(own), path))
		if err != nil {
			return nil, err
		}
		data = append(data, bytes)
	}
	return data, nil
}

// Reads the hash of every leaf, which authenticates every tile, and compares it with its entry.
func checkTiles(own task) error {
	tree := tlog.Tree{N: own.Size, Hash: tlog.Hash(own.Root)}
	var indexes []int64
	for leaf := int64(0); leaf < own.Size; leaf++ {
		indexes = append(indexes, tlog.StoredHashIndex(0, leaf))
	}
	hashes, err := tlog.TileHashReader(tree, folder(own.Folder)).ReadHashes(indexes)
	if err != nil {
		return err
	}
	for first := int64(0); first < own.Size; first += 256 {
		path := fmt.Sprintf("tile/entries/%03d", first/256)
		width := own.Size - first
		if width < 256 {
			path = fmt.Sprintf("%s.p/%d", path, width)
		} else {
			width = 256
		}
		rest, err := os.ReadFile(filepath.Join(own.Folder, path))
		if err != nil {
			return err
		}
		for leaf := first; leaf < first+width; leaf++ {
			if len(rest) < 2 || len(rest) < 2+int(binary.BigEndian.Uint16(rest)) {
				return fmt.Errorf("%s ends too early", path)
			}
			end := 2 + int(binary.BigEndian.Uint16(rest))
			if tlog.RecordHash(rest[2:end]) != hashes[leaf] {
				return fmt.Errorf("entry %d has another hash", leaf)
			}
			rest = rest[end:]
		}
		if len(rest) > 0 {
			return fmt.Errorf("%s ends too late", path)
		}
	}
	return nil
}

func main() {
	verbs := map[string]func(task) error{
		"notes":       checkNote,
		"inclusion":   checkInclusion,
		"consistency": checkConsistency,
		"tiles":       checkTiles,
	}
	var work map[string][]task
	if err := json.Unmarshal(must(os.ReadFile(os.Args[1])), &work); err != nil {
		panic(err)
	}
	type answer struct {
		Error string `json:"error"`
	}
	done := map[string][]answer{}
	for kind, tasks := range work {
		for _, own := range tasks {
			var found answer
			if err := verbs[kind](own); err != nil {
				found.Error = err.Error()
			}
			done[kind] = append(done[kind], found)
		}
	}
	os.Stdout.Write(must(json.Marshal(done)))
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}
