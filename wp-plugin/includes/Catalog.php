<?php
/**
 * The shop's products as the assistant sees them. Found by words (title, text, categories, tags, attributes, SKU); price, stock
 * and everything else that is shown is read from the product itself at that moment. Only documented WooCommerce calls.
 *
 * @package Chatello
 */

namespace Chatello;

final class Catalog {
	const MAX_RESULTS    = 8;
	const MAX_CANDIDATES = 60;

	public static function has_shop(): bool {
		return function_exists( 'wc_get_product' ) && post_type_exists( 'product' );
	}

	/**
	 * Products that fit, best first.
	 *
	 * @param array $wish {query, category, min_price, max_price, in_stock, on_sale, sort, limit}, all optional, from outside.
	 * @return array[] As product() gives them.
	 */
	public static function search( array $wish ): array {
		$text   = isset( $wish['query'] ) && is_string( $wish['query'] ) ? mb_substr( $wish['query'], 0, 300 ) : '';
		$text  .= isset( $wish['category'] ) && is_string( $wish['category'] ) ? ' ' . mb_substr( $wish['category'], 0, 100 ) : '';
		$scores = TextSearch::scores( $text, array( 'product' ), array( 'product_cat', 'product_tag' ), 'pa_' );
		foreach ( preg_split( '/\s+/', $text, 12, PREG_SPLIT_NO_EMPTY ) as $word ) {
			$by_sku = preg_match( '/\d/', $word ) ? wc_get_product_id_by_sku( sanitize_text_field( trim( $word, '.,;:!?"\'' ) ) ) : 0;
			if ( $by_sku > 0 ) {
				$parent                                         = wp_get_post_parent_id( $by_sku );
				$scores[ $parent > 0 ? $parent : (int) $by_sku ] = 1000.0;
			}
		}
		arsort( $scores );
		$found = array();
		foreach ( array_slice( array_keys( $scores ), 0, self::MAX_CANDIDATES ) as $id ) {
			$product = self::product( $id );
			if ( null !== $product && self::fits( $product, $wish ) ) {
				$found[] = $product;
			}
		}
		$sort = $wish['sort'] ?? '';
		if ( 'price_asc' === $sort || 'price_desc' === $sort ) {
			usort( $found, static function ( $a, $b ) use ( $sort ) { return 'price_asc' === $sort ? $a['amount'] <=> $b['amount'] : $b['amount'] <=> $a['amount']; } );
		}
		$limit = isset( $wish['limit'] ) && is_numeric( $wish['limit'] ) ? (int) $wish['limit'] : 5;
		return array_slice( $found, 0, max( 1, min( self::MAX_RESULTS, $limit ) ) );
	}

	/**
	 * Several products by id, in that order; what is not for sale to the public is left out.
	 *
	 * @param int[] $ids From outside.
	 */
	public static function by_ids( array $ids ): array {
		$ids = array_slice( array_unique( array_map( 'absint', array_filter( $ids, 'is_numeric' ) ) ), 0, 20 );
		return array_values( array_filter( array_map( array( self::class, 'product' ), $ids ) ) );
	}

	/** One product as it is now, or null where shoppers cannot see it. */
	public static function product( int $id ): ?array {
		$product = $id > 0 ? wc_get_product( $id ) : null;
		if ( ! $product || 'publish' !== $product->get_status() || ! $product->is_visible() || post_password_required( $id ) ) {
			return null;
		}
		$amount  = '' === (string) $product->get_price() ? null : (float) wc_get_price_to_display( $product );
		$regular = '' === (string) $product->get_regular_price() ? null : (float) wc_get_price_to_display( $product, array( 'price' => $product->get_regular_price() ) );
		$is_from = $product->is_type( 'variable' ) && $product->get_variation_price( 'min', true ) !== $product->get_variation_price( 'max', true );
		$image   = $product->get_image_id() ? wp_get_attachment_image_src( (int) $product->get_image_id(), 'woocommerce_thumbnail' ) : false;
		return array(
			'id'            => $product->get_id(),
			'name'          => self::plain( $product->get_name(), 200 ),
			'url'           => $product->get_permalink(),
			'image'         => $image ? (string) $image[0] : '',
			'sku'           => (string) $product->get_sku(),
			'amount'        => $amount,
			'price'         => null === $amount ? '' : self::money( $amount ),
			'regular_price' => $product->is_on_sale() && null !== $regular && $regular !== $amount ? self::money( $regular ) : '',
			'is_from'       => $is_from,
			'in_stock'      => $product->is_in_stock(),
			'stock'         => self::stock( $product ),
			'has_options'   => $product->is_type( 'variable' ) || $product->is_type( 'grouped' ) || $product->is_type( 'external' ),
			'can_buy'       => $product->is_purchasable() && $product->is_in_stock(),
			'summary'       => self::plain( '' !== $product->get_short_description() ? $product->get_short_description() : $product->get_description(), 400 ),
			'categories'    => self::terms( $id, 'product_cat' ),
			'attributes'    => self::attributes( $product ),
			'description'   => self::plain( $product->get_description(), 2000 ),
		);
	}

	/** An amount as the shop prints it, as plain text. */
	public static function money( float $amount ): string {
		return trim( str_replace( "\xc2\xa0", ' ', html_entity_decode( wp_strip_all_tags( wc_price( $amount ) ), ENT_QUOTES, 'UTF-8' ) ) );
	}

	/** The names of the shop's categories, the largest first. */
	public static function categories(): array {
		$terms = get_terms( array( 'taxonomy' => 'product_cat', 'hide_empty' => true, 'number' => 40, 'orderby' => 'count', 'order' => 'DESC', 'fields' => 'names' ) );
		return is_array( $terms ) ? array_map( static function ( $name ) { return self::plain( (string) $name, 80 ); }, $terms ) : array();
	}

	private static function fits( array $product, array $wish ): bool {
		$amount = $product['amount'];
		if ( isset( $wish['min_price'] ) && is_numeric( $wish['min_price'] ) && ( null === $amount || $amount < (float) $wish['min_price'] ) ) {
			return false;
		}
		if ( isset( $wish['max_price'] ) && is_numeric( $wish['max_price'] ) && ( null === $amount || $amount > (float) $wish['max_price'] ) ) {
			return false;
		}
		if ( ! empty( $wish['in_stock'] ) && ! $product['in_stock'] ) {
			return false;
		}
		return empty( $wish['on_sale'] ) || '' !== $product['regular_price'];
	}

	private static function stock( $product ): string {
		if ( ! $product->is_in_stock() ) {
			return __( 'Out of stock', 'chatello' );
		}
		return 'onbackorder' === $product->get_stock_status() ? __( 'Available on order', 'chatello' ) : __( 'In stock', 'chatello' );
	}

	private static function terms( int $id, string $taxonomy ): array {
		$names = wp_get_post_terms( $id, $taxonomy, array( 'fields' => 'names' ) );
		return is_array( $names ) ? array_slice( array_map( 'strval', $names ), 0, 10 ) : array();
	}

	private static function attributes( $product ): array {
		$all = array();
		foreach ( array_slice( array_keys( $product->get_attributes() ), 0, 12 ) as $name ) {
			$value = $product->get_attribute( $name );
			if ( '' !== $value ) {
				$all[ wc_attribute_label( $name, $product ) ] = self::plain( $value, 200 );
			}
		}
		return $all;
	}

	private static function plain( string $html, int $max ): string {
		$text = trim( preg_replace( '/\s+/u', ' ', html_entity_decode( wp_strip_all_tags( strip_shortcodes( $html ) ), ENT_QUOTES, 'UTF-8' ) ) );
		return mb_strlen( $text ) > $max ? mb_substr( $text, 0, $max ) . '…' : $text;
	}
}
