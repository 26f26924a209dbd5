/**
 * `node bench/report/docs.ts [FILE]`: makes the blocks of docs/benchmarks.md anew from kept results, the last
 * ones unless a file is named. Doing so twice changes nothing the second time.
 */
import { resolve } from 'node:path';
import { SECTIONS } from '../sections.ts';
import { latestResults, refreshPage } from './keep.ts';

const [given] = process.argv.slice(2);
const file = given === undefined ? latestResults() : resolve(given);
const changed = refreshPage(file, SECTIONS);
console.log(`docs/benchmarks.md ${changed ? 'is made anew' : 'stays as it is'}: ${file}`);
