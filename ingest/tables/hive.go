package tables

import (
	"net/url"
	"strings"
)

// Folder is one folder named key=value on the way to a file, as Hive and Spark write the
// values of partition columns. Key and Value are unescaped.
type Folder struct {
	Key, Value string
	// Null is true for the folder of rows in which the column is null.
	Null bool
}

// hiveNull is the value Hive and Spark write for null (hive.exec.default.partition.name).
const hiveNull = "__HIVE_DEFAULT_PARTITION__"

// hiveFolders returns the key=value folders of a path with slashes, outermost first. The
// last element of the path is the file's name and is no folder.
func hiveFolders(path string) []Folder {
	var folders []Folder
	parts := strings.Split(path, "/")
	for _, part := range parts[:len(parts)-1] {
		key, value, ok := strings.Cut(part, "=")
		if !ok || key == "" {
			continue
		}
		folders = append(folders, Folder{Key: unescape(key), Value: unescape(value), Null: value == hiveNull})
	}
	return folders
}

// unescape resolves percent escapes. A name with a stray percent sign was not escaped and
// stays as it is.
func unescape(s string) string {
	if plain, err := url.PathUnescape(s); err == nil {
		return plain
	}
	return s
}

// folder returns the innermost folder of the file with the key.
func (f File) folder(key string) (Folder, bool) {
	for i := len(f.Folders) - 1; i >= 0; i-- {
		if f.Folders[i].Key == key {
			return f.Folders[i], true
		}
	}
	return Folder{}, false
}
