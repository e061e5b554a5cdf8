/** @file Datasets and atomic files on disk (Node only). */

export { importZarr, readCameras, readDataset, writeDataset, type WriteDatasetOptions } from "./datasets.ts";
export { folderStore, makeFolders, naming, syncFile, writeDurably, writeFileAtomic, writeFolderAtomic, writePiecesDurably } from "./files.ts";
