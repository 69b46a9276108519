/**
 * A bag of what is in flight: put in, taken out in any order, looked through now and then. A Set would do, but a Set that
 * is filled and emptied all day makes a new table every few times, and the tables it leaves behind keep what was in them
 * alive until a full collection: under load that cost more than everything else the guard does.
 * Invariants: putting in and taking out cost the same at any size; nothing that was taken out is held; the places never
 * outnumber the most that were ever in it at once.
 */

export interface Bag<Item> {
  readonly size: number;
  /** Says where it was put. */
  add(item: Item): number;
  /** Takes out what `add` put there; nothing when it is no longer there, whoever has the place since. */
  remove(item: Item, place: number): void;
  /** Visits what is in it; what is put in meanwhile may be missed, and what is taken out is not visited. */
  forEach(visit: (item: Item, place: number) => void): void;
}

export function createBag<Item extends object>(): Bag<Item> {
  const items: (Item | undefined)[] = [];
  const free: number[] = [];
  return {
    get size() {
      return items.length - free.length;
    },
    add(item) {
      const place = free.pop() ?? items.length;
      items[place] = item;
      return place;
    },
    remove(item, place) {
      if (items[place] !== item) return;
      items[place] = undefined;
      free.push(place);
    },
    forEach(visit) {
      for (let place = 0; place < items.length; place++) {
        const item = items[place];
        if (item !== undefined) visit(item, place);
      }
    },
  };
}
