/**
 * The numbers a source gives names to, read from its text: `const waiting = 64` is `waiting`, a number in an object is
 * named by its path (`on.guard.retry.attempts`), whatever stands around the object. The documents' tables of limits are
 * held to them. Only what is written as a number, or as a product of such, is one; a spread and a call are not,
 * so that each number is named where it is written and nowhere else.
 */
import { parseSync, Visitor } from "oxc-parser";
import type { Expression, ObjectExpression } from "oxc-parser";

/** `"off"`: a whole protection taken away at this path. */
export type NamedValue = number | "off";

/** Every named number of a source, by path from the constant that it stands in. */
export function numbersIn(path: string, source: string): ReadonlyMap<string, NamedValue> {
  const constants = new Map<string, number>();
  const found = new Map<string, NamedValue>();
  const enter = (name: string, expression: Expression): void => {
    const value = valueOf(expression, constants);
    if (typeof value === "number") constants.set(name, value);
    if (value !== undefined) return void found.set(name, value);
    const object = objectIn(expression);
    if (object !== undefined) enterObject(name, object);
  };
  const enterObject = (name: string, { properties }: ObjectExpression): void => {
    for (const property of properties) {
      if (property.type !== "Property" || property.computed || property.key.type !== "Identifier") continue;
      enter(`${name}.${property.key.name}`, property.value);
    }
  };
  const visitor = new Visitor({
    VariableDeclarator: ({ id, init }) => {
      if (id.type === "Identifier" && init !== null) enter(id.name, init);
    },
  });
  const { program } = parseSync(path, source);
  visitor.visit(program);
  // Once more, for constants that stand below their use.
  visitor.visit(program);
  return found;
}

function valueOf(expression: Expression, constants: ReadonlyMap<string, number>): NamedValue | undefined {
  if (expression.type === "Identifier") return constants.get(expression.name);
  if (expression.type === "Literal")
    return typeof expression.value === "number" || expression.value === "off" ? expression.value : undefined;
  if (expression.type !== "BinaryExpression" || expression.left.type === "PrivateIdentifier") return undefined;
  const [left, right] = [valueOf(expression.left, constants), valueOf(expression.right, constants)];
  if (typeof left !== "number" || typeof right !== "number") return undefined;
  return expression.operator === "*" ? left * right : undefined;
}

/** The object an expression is, or a function of one expression returns. */
function objectIn(expression: Expression): ObjectExpression | undefined {
  if (expression.type === "ObjectExpression") return expression;
  if (expression.type === "ArrowFunctionExpression" && expression.body.type !== "BlockStatement")
    return objectIn(expression.body);
  const wrapped = expression.type === "ParenthesizedExpression" || expression.type === "TSAsExpression";
  return wrapped ? objectIn(expression.expression) : undefined;
}
