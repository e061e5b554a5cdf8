/** @file Datasets and atomic files on disk (Node only). */

export { importZarr, readDataset, writeDataset } from "./datasets.ts";
export { folderStore, makeFolders, naming, syncFile, writeFileAtomic, writeFolderAtomic } from "./files.ts";
