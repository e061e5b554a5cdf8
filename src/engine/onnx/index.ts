/** @file The ONNX wire format. Knows nothing of gradients. */

export {
  encodeModel,
  OPSET,
  type Attributes,
  type AttributeValue,
  type ExternalInitializer,
  type ExternalType,
  type FilePlace,
  type FloatAttribute,
  type Initializer,
  type ModelFields,
  type NodeFields,
  type ValueFields,
} from "./model.ts";
export { UNREADABLE_OUTPUT, withUnreadableOutput } from "./unreadable-output.ts";
