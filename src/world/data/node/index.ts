/** @file Datasets and atomic files on disk (Node only). */

export { importZarr, readDataset, writeDataset } from "./datasets.ts";
export { folderStore, writeFileAtomic } from "./files.ts";
