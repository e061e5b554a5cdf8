/** @file The linear assignment problem: rows to columns at least total cost. */

/**
 * The column of each row in an assignment of least total cost, by shortest augmenting paths.
 *
 * Rows join one by one. Each joins along the cheapest path of exchanges, which a Dijkstra search finds in costs reduced by
 * the prices of rows and columns; prices keep every reduced cost ≥ 0 and those of assigned pairs at 0.
 *
 * @param costs f64[n · n], row by row
 * @throws RangeError when a cost is not finite
 *
 * Source: Jonker and Volgenant 1987, "A shortest augmenting path algorithm for dense and sparse linear assignment problems",
 * Computing 38, without its initial reduction; the form is that of Crouse 2016, IEEE TAES 52(4).
 */
export function minimumCostAssignment(costs: Float64Array, n: number): Int32Array {
  if (costs.length !== n * n) throw new RangeError(`minimumCostAssignment: ${costs.length} costs, expected ${n}·${n}`);
  const wrong = costs.findIndex((cost) => !Number.isFinite(cost));
  if (wrong >= 0) {
    throw new RangeError(`minimumCostAssignment: the cost of row ${Math.floor(wrong / n)} and column ${wrong % n} is ${costs[wrong]}, expected finite numbers`);
  }
  const state: Assignment = {
    costs,
    n,
    rowPrices: new Float64Array(n),
    columnPrices: new Float64Array(n),
    rowOf: new Int32Array(n).fill(-1),
    columnOf: new Int32Array(n).fill(-1),
  };
  for (let row = 0; row < n; row++) assignRow(state, row);
  return state.columnOf;
}

interface Assignment {
  readonly costs: Float64Array;
  readonly n: number;
  readonly rowPrices: Float64Array;
  readonly columnPrices: Float64Array;
  /** Row of each column, -1 for none. */
  readonly rowOf: Int32Array;
  /** Column of each row, -1 for none. */
  readonly columnOf: Int32Array;
}

function assignRow(state: Assignment, start: number): void {
  const { n, rowOf, columnOf, rowPrices, columnPrices } = state;
  const shortest = new Float64Array(n).fill(Infinity);
  const cameFrom = new Int32Array(n).fill(-1);
  const isDone = new Uint8Array(n);
  let row = start;
  let length = 0;
  let column = -1;
  while (column < 0 || rowOf[column] !== -1) {
    if (column >= 0) row = rowOf[column] ?? 0;
    column = relax(state, { row, length, shortest, cameFrom, isDone });
    length = shortest[column] ?? 0;
    isDone[column] = 1;
  }

  rowPrices[start] = (rowPrices[start] ?? 0) + length;
  for (let j = 0; j < n; j++) {
    if (isDone[j] === 0) continue;
    const slack = length - (shortest[j] ?? 0);
    columnPrices[j] = (columnPrices[j] ?? 0) - slack;
    const owner = rowOf[j] ?? -1;
    if (owner >= 0) rowPrices[owner] = (rowPrices[owner] ?? 0) + slack;
  }
  for (let at = column, owner = -1; owner !== start; ) {
    owner = cameFrom[at] ?? start;
    const previous = columnOf[owner] ?? -1;
    rowOf[at] = owner;
    columnOf[owner] = at;
    at = previous;
  }
}

interface Search {
  readonly row: number;
  /** Length of the path to `row`. */
  readonly length: number;
  readonly shortest: Float64Array;
  readonly cameFrom: Int32Array;
  readonly isDone: Uint8Array;
}

/** Extend the paths by one exchange through `row`; the nearest column not done yet. */
function relax({ costs, n, rowPrices, columnPrices }: Assignment, { row, length, shortest, cameFrom, isDone }: Search): number {
  let nearest = -1;
  for (let j = 0; j < n; j++) {
    if (isDone[j] === 1) continue;
    const through = length + (costs[row * n + j] ?? 0) - (rowPrices[row] ?? 0) - (columnPrices[j] ?? 0);
    if (through < (shortest[j] ?? Infinity)) {
      shortest[j] = through;
      cameFrom[j] = row;
    }
    if (nearest < 0 || (shortest[j] ?? Infinity) < (shortest[nearest] ?? Infinity)) nearest = j;
  }
  return nearest;
}
