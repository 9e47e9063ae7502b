// Package atomicfile changes files so that a crash at any moment leaves either
// the old content or the new one.
//
//   - [Replace] and [WriteFile] replace a file whole, and leave it untouched,
//     modification time included, when its content would not change. [RemoveTemps]
//     removes what killed processes left of that.
//   - [WriteDir] makes a directory of files, to be renamed once it is whole; [SyncDir]
//     makes the rename durable.
//   - [AppendLines] and [ReadLines] keep a log of lines: a last line without a
//     newline was cut by a crash; reading ignores it and appending drops it.
//   - [TryLock] lets one process at a time write to a directory.
//
// It knows nothing of what the files hold and imports none of our packages.
package atomicfile
